//! A commit of a group's offset as any tool may write it: the request byte by byte (OffsetCommit, version 2), for a
//! client library would refuse to.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// Commits, and gives the broker's error code.
pub(crate) fn commit(
    broker: &str,
    group: &str,
    (topic, partition): (&str, i32),
    offset: i64,
    metadata: &[u8],
) -> i16 {
    let mut request = Vec::new();
    request.extend(8_i16.to_be_bytes()); // OffsetCommit
    request.extend(2_i16.to_be_bytes());
    request.extend(1_i32.to_be_bytes()); // the answer has this number, too
    string(&mut request, b"other-tool");
    string(&mut request, group.as_bytes());
    request.extend((-1_i32).to_be_bytes()); // of no generation: from outside of the group
    string(&mut request, b"");
    request.extend((-1_i64).to_be_bytes()); // kept for as long as the broker keeps offsets
    request.extend(1_i32.to_be_bytes());
    string(&mut request, topic.as_bytes());
    request.extend(1_i32.to_be_bytes());
    request.extend(partition.to_be_bytes());
    request.extend(offset.to_be_bytes());
    string(&mut request, metadata);

    let mut stream = TcpStream::connect(broker).expect("the broker takes connections");
    let length = i32::try_from(request.len()).expect("short");
    stream.write_all(&[&length.to_be_bytes()[..], &request].concat()).expect("it is sent");
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("the broker answers");
    let mut answer = vec![0; usize::try_from(i32::from_be_bytes(length)).expect("a length")];
    stream.read_exact(&mut answer).expect("the broker answers");
    i16::from_be_bytes(*answer.last_chunk().expect("an error code"))
}

fn string(request: &mut Vec<u8>, text: &[u8]) {
    request.extend(i16::try_from(text.len()).expect("short").to_be_bytes());
    request.extend(text);
}
