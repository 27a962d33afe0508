//! A broker that lets users do what they are allowed to.

use std::sync::Arc;
use std::time::Duration;

use cq_events::kafka::{KafkaConfig, SaslMechanism, SecurityProtocol};

use crate::cluster::{Kafka, show_logs};

/// The password of all users.
const PASSWORD: &str = "secret";

/// A Kafka with users. Clones share it.
#[derive(Clone, Debug)]
pub struct Guarded(Arc<Kafka>);

impl Guarded {
    /// One with these users.
    pub async fn start(users: &[&str]) -> Self {
        show_logs();
        let users: Vec<String> = users.iter().map(|user| format!("{user}:{PASSWORD}")).collect();
        let kafka = tokio::task::spawn_blocking(move || Kafka::with_users(&users.join(",")));
        Self(Arc::new(kafka.await.expect("no panic")))
    }

    /// A configuration that may do everything.
    pub fn everybody(&self) -> KafkaConfig {
        KafkaConfig::builder().bootstrap_servers(self.0.servers()).build().expect("it is valid")
    }

    /// The configuration of a user, as a member of a group.
    pub fn user(&self, name: &str, group: &str) -> KafkaConfig {
        KafkaConfig::builder()
            .bootstrap_servers(self.0.sasl_servers())
            .security_protocol(SecurityProtocol::SaslPlaintext)
            .sasl_mechanism(SaslMechanism::Plain)
            .sasl_username(name)
            .sasl_password(PASSWORD)
            .group_id(group)
            // A member that is refused hears of it when its session ends.
            .session_timeout(Duration::from_secs(6))
            .build()
            .expect("a valid configuration")
    }

    /// Lets a user do this: what AclCommand takes, such as `--operation Read --topic orders`.
    pub async fn allow(&self, user: &str, right: &[&str]) {
        self.acls(&["--add"], user, right).await;
    }

    /// Takes a right from a user.
    pub async fn withdraw(&self, user: &str, right: &[&str]) {
        self.acls(&["--remove", "--force"], user, right).await;
    }

    async fn acls(&self, change: &[&str], user: &str, right: &[&str]) {
        let principal = format!("User:{user}");
        let parts = [change, &["--allow-principal", &principal], right].concat();
        let arguments: Vec<String> = parts.into_iter().map(str::to_owned).collect();
        let kafka = Arc::clone(&self.0);
        let change = move || kafka.acls(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(change).await.expect("the command succeeds");
    }
}
