use super::*;

fn read(variables: &[(&str, &str)]) -> Result<RegistryConfig, ConfigError> {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    RegistryConfigBuilder::from_variables(variables).build()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let error = read(&[
        ("SCHEMA_REGISTRY_URL", "localhost:8081,http://ok:8081,ftp://x,http://a/?q=tok3n"),
        ("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO", "hunter2"),
        ("SCHEMA_REGISTRY_SSL_KEY_LOCATION", "key.pem"),
        ("SCHEMA_REGISTRY_REGISTRATION", "newest"),
        ("SCHEMA_REGISTRY_TIMEOUT_MS", "soon"),
        ("SCHEMA_REGISTRY_BEARER_AUTH_TOKN", "x"),
        ("SCHEMA_REGISTRY_HEAP_OPTS", "another tool's"),
    ])
    .unwrap_err();
    let text = error.to_string();
    for part in [
        "holds `localhost:8081`: it begins with http:// or https://",
        "holds `ftp://x`",
        "holds `http://a/?[redacted]`: it ends before the ?",
        "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO (builder: basic_auth) has no colon",
        "SCHEMA_REGISTRY_SSL_KEY_LOCATION (builder: key_location) has no effect",
        "SCHEMA_REGISTRY_SSL_CERTIFICATE_LOCATION (builder: certificate_location) is not set",
        "SCHEMA_REGISTRY_REGISTRATION is `newest`; it takes if-absent, exact, latest",
        "SCHEMA_REGISTRY_TIMEOUT_MS is `soon`",
        "SCHEMA_REGISTRY_BEARER_AUTH_TOKN is not a setting: did you mean SCHEMA_REGISTRY_BEARER_AUTH_TOKEN?",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert_eq!(error.problems().len(), 9, "{text}");
    assert!(!text.contains("hunter2") && !text.contains("tok3n"), "{text}");
}

#[test]
fn user_info_of_a_url_is_taken_and_never_shown() {
    let config =
        read(&[("SCHEMA_REGISTRY_URL", "HTTPS://me:p%40ss@host:8081/apis/v7/,http://other")]).unwrap();
    assert_eq!(config.urls(), ["https://host:8081/apis/v7", "http://other"]);
    let Some(Auth::Basic { user, password }) = &config.auth else { panic!("no auth") };
    assert_eq!((user.as_str(), password.expose()), ("me", "p@ss"));
    let shown = format!("{config:?} {:?}", RegistryConfig::builder("http://me:hunter2@host"));
    assert!(!shown.contains("p@ss") && !shown.contains("p%40ss") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn two_ways_to_log_in_are_one_too_many() {
    let builder = RegistryConfig::builder("http://host").basic_auth("a", "b").bearer_token("c");
    let error = builder.build().unwrap_err().to_string();
    assert!(error.contains("set one of them only"), "{error}");
    assert!(RegistryConfig::builder("http://host").timeout(Duration::ZERO).build().is_err());
    let error = RegistryConfig::builder("http://host").bearer_token("a\nb").build().unwrap_err().to_string();
    assert!(error.contains("line feed"), "{error}");
}
