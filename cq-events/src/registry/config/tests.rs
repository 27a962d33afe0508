use super::*;

fn read(variables: &[(&str, &str)]) -> Result<RegistryConfig, ConfigError> {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    RegistryConfigBuilder::from_variables(variables).build()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let error = read(&[
        ("SCHEMA_REGISTRY_URL", "localhost:8081,http://ok:8081, HTTP://b,c, http://a/?q=tok3n"),
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
        "holds `HTTP://b,c`: each URL behind a comma begins with http:// or https://",
        "holds `http://a/?[redacted]`: it ends before the ?",
        "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO has no colon",
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
    let Some(Auth::Basic(UserInfo { user, password })) = &config.auth else { panic!("no auth") };
    assert_eq!((user.as_str(), password.expose()), ("me", "p@ss"));
    let builder = RegistryConfig::builder("http://me:hunter2@host").basic_auth("me", "hunter2");
    let shown = format!("{config:?} {builder:?}");
    assert!(!shown.contains("p@ss") && !shown.contains("p%40ss") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_comma_in_a_password_shows_no_part_of_it() {
    for urls in
        ["http://me:hun,ter2@host", "http://a, https://me:hun,ter2@host:1/x,http://b", "me:hun,ter2@host"]
    {
        let builder = RegistryConfig::builder(urls);
        let error = builder.clone().build().unwrap_err();
        let shown = format!("{builder:?} {error} {error:?}");
        assert!(!shown.contains("hun") && !shown.contains("ter2"), "{shown}");
    }
    let error = RegistryConfig::builder("http://me:hun,ter2@host").build().unwrap_err().to_string();
    assert!(error.contains("holds `http://[redacted]@host`") && error.contains("written as %2C"), "{error}");
    let config = RegistryConfig::builder("http://me:hun%2Cter2@host").build().unwrap();
    let Some(Auth::Basic(UserInfo { password, .. })) = &config.auth else { panic!("no auth") };
    assert_eq!(password.expose(), "hun,ter2");
}

#[test]
fn a_user_is_told_from_the_password_by_the_first_colon() {
    let user_info = |config: Result<RegistryConfig, ConfigError>| match config.unwrap().auth {
        Some(Auth::Basic(UserInfo { user, password })) => (user, password.expose().to_owned()),
        _ => panic!("no auth"),
    };
    let expected = ("me".to_owned(), "a:b".to_owned());
    let builder = || RegistryConfig::builder("http://host");
    assert_eq!(user_info(builder().basic_auth("me", "a:b").build()), expected);
    assert_eq!(user_info(RegistryConfig::builder("http://me:a:b@host").build()), expected);
    let url = ("SCHEMA_REGISTRY_URL", "http://host");
    assert_eq!(user_info(read(&[url, ("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO", "me:a:b")])), expected);
    for wrong in [builder().basic_auth("me:a", "b"), RegistryConfig::builder("http://me%3Aa:b@host")] {
        let error = wrong.build().unwrap_err().to_string();
        assert!(error.contains("a user with a colon in the name"), "{error}");
    }
    let error = RegistryConfig::builder("http://t0ken@host").build().unwrap_err().to_string();
    assert!(error.contains("SCHEMA_REGISTRY_URL") && error.contains("its user info has no colon"), "{error}");
    assert!(!error.contains("t0ken") && !error.contains("USER_INFO"), "{error}");
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
