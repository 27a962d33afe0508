//! The whole way: a consumer of ours gives events up, the command says why and publishes them back, the consumer handles
//! them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use chip_quality_events::user::{AuthMethod, UserEvent, UserEventProducer, UserLogin};
use cq_events::event::StreamSchema;
use cq_events::{Consumer, Failure, Producer};

use crate::support::{Bench, DEADLINE};

const USERS: [&str; 3] = ["USR-1", "USR-2", "USR-3"];

fn login(user: &str) -> UserLogin {
    UserLogin::builder()
        .user_id(user)
        .session_id("550e8400-e29b-41d4-a716-446655440000".parse().unwrap())
        .username("SECRET")
        .ip_address("10.0.0.7")
        .auth_method(AuthMethod::Sso)
        .build()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_consumer_gave_up_is_handled_after_a_replay() {
    let bench = Bench::empty();
    let stream = UserEvent::STREAM;
    let dlq = format!("{}-audit-dlq", stream.topic);
    bench.broker.create_topics([stream]).unwrap();
    bench.broker.create_topic(&dlq, stream.topic_spec.partitions).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("user-1.avsc"), stream.schema).unwrap();
    let schemas = folder.path().to_str().unwrap();

    let producer =
        UserEventProducer::new(&Producer::connect(bench.broker.config()).await.unwrap()).await.unwrap();
    for user in USERS {
        producer.publish_user_login(login(user)).await.unwrap();
    }
    let (is_fixed, handled) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let config = bench.broker.config().to_builder().group_id("audit").build().unwrap();
    let (fixed, record) = (Arc::clone(&is_fixed), Arc::clone(&handled));
    let consumer = Consumer::builder(config)
        .handle(move |event: UserEvent, _| {
            let (is_fixed, record) = (fixed.load(Ordering::SeqCst), Arc::clone(&record));
            async move {
                match event {
                    UserEvent::UserLogin(login) if is_fixed => record.lock().unwrap().push(login.user_id),
                    _ => return Err(Failure::reject("the audit log is full")),
                }
                Ok(())
            }
        })
        .on_unknown(|_, _| async { Ok(()) })
        .build()
        .await
        .unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(consumer.run(async { _ = stopped.await }));

    let listed = || bench.run(&["list", &dlq, "--json", "--kind", "rejected"]).ok_saying(&[]).json();
    let begin = Instant::now();
    while tokio::task::block_in_place(listed).len() < USERS.len() {
        assert!(begin.elapsed() < DEADLINE, "nothing is given up");
    }
    tokio::task::block_in_place(|| {
        let letter = &listed()[0];
        assert_eq!(
            (letter["event"].as_str(), letter["group"].as_str()),
            (Some("chip_quality.user.UserLogin"), Some("audit"))
        );
        assert_eq!(
            (letter["message"].as_str(), letter["attempts"].as_u64()),
            (Some("the audit log is full"), Some(1))
        );
        let (partition, offset) = (letter["partition"].to_string(), letter["offset"].to_string());
        let said = bench.run(&["show", &dlq, &partition, &offset, "--schemas", schemas]).ok();
        assert!(
            said.out.contains("\"username\": \"[hidden]\"") && !said.out.contains("SECRET"),
            "{}",
            said.out
        );
        is_fixed.store(true, Ordering::SeqCst);
        bench.run(&["replay", &dlq]).ok_saying(&["remembers them"]);
    });
    while handled.lock().unwrap().len() < USERS.len() {
        assert!(begin.elapsed() < DEADLINE, "nothing is handled");
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    let mut users = handled.lock().unwrap().clone();
    users.sort();
    assert_eq!(users, USERS);
}
