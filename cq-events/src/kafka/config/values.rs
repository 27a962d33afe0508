//! The settings that take one of a few values.

use crate::config::hint;

/// A setting with a fixed set of values, each spelt as librdkafka spells it.
pub(super) trait Choice: Copy + Sized + 'static {
    const ALL: &'static [Self];

    /// The value as librdkafka takes it.
    fn as_str(self) -> &'static str;

    /// Other spellings that are accepted.
    fn aliases(self) -> &'static [&'static str] {
        &[]
    }

    /// Reads a value, in any case.
    fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|value| {
            let mut spellings = std::iter::once(value.as_str()).chain(value.aliases().iter().copied());
            spellings.any(|spelling| spelling.eq_ignore_ascii_case(text))
        });
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|value| value.as_str()).collect();
            format!("is `{text}`; it takes {}{}", names.join(", "), hint(text, names.iter().copied()))
        })
    }
}

/// When the broker answers that it has a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Acks {
    /// When all in-sync replicas have it (`all`, `-1`). The default, and what idempotence needs.
    #[default]
    All,
    /// When the partition's leader has it (`1`): lost if the leader fails before its followers have it.
    Leader,
    /// Never (`0`): a message counts as published once it is sent.
    None,
}

impl Choice for Acks {
    const ALL: &'static [Self] = &[Self::All, Self::Leader, Self::None];

    fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Leader => "1",
            Self::None => "0",
        }
    }

    fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::All => &["-1"],
            Self::Leader => &["leader"],
            Self::None => &["none"],
        }
    }
}

/// How batches of messages are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip: small and slow.
    Gzip,
    /// Snappy: the default.
    #[default]
    Snappy,
    /// LZ4.
    Lz4,
    /// Zstandard: smaller than Snappy, for more CPU.
    Zstd,
}

impl Choice for Compression {
    const ALL: &'static [Self] = &[Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

/// Where a group without committed offsets starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AutoOffsetReset {
    /// At the oldest message: nothing is skipped. The default.
    #[default]
    Earliest,
    /// At the end: what was published before is skipped.
    Latest,
}

impl Choice for AutoOffsetReset {
    const ALL: &'static [Self] = &[Self::Earliest, Self::Latest];

    fn as_str(self) -> &'static str {
        match self {
            Self::Earliest => "earliest",
            Self::Latest => "latest",
        }
    }
}

/// How the members of a consumer group share its partitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupProtocol {
    /// Members decide, by the assignor cooperative-sticky; every broker has it. The default.
    #[default]
    Classic,
    /// The broker decides (KIP-848): rebalances are shorter. Needs Kafka 4.0 or newer.
    Consumer,
}

impl Choice for GroupProtocol {
    const ALL: &'static [Self] = &[Self::Classic, Self::Consumer];

    fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Consumer => "consumer",
        }
    }
}

/// How connections to brokers are secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecurityProtocol {
    /// Neither encrypted nor authenticated. The default.
    #[default]
    Plaintext,
    /// TLS.
    Ssl,
    /// SASL without TLS: a PLAIN password travels readable.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

impl SecurityProtocol {
    pub(super) fn tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    pub(super) fn sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

impl Choice for SecurityProtocol {
    const ALL: &'static [Self] = &[Self::Plaintext, Self::Ssl, Self::SaslPlaintext, Self::SaslSsl];

    fn as_str(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }
}

/// How a client proves to a broker who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaslMechanism {
    /// User name and password as they are.
    Plain,
    /// SCRAM with SHA-256.
    ScramSha256,
    /// SCRAM with SHA-512.
    ScramSha512,
}

impl Choice for SaslMechanism {
    const ALL: &'static [Self] = &[Self::Plain, Self::ScramSha256, Self::ScramSha512];

    fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}
