use std::io::Write as _;

use serde::Deserialize;

use super::*;

const TEST_DEFAULTS: &str = "name = 'default'\n[server]\nport = 1\nhosts = []\n";

#[derive(Debug, Deserialize, PartialEq)]
struct Settings {
    name: String,
    server: Server,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Server {
    port: u16,
    hosts: Vec<String>,
}

fn variable(name: &str, value: &str) -> [(String, String); 1] {
    [(name.to_owned(), value.to_owned())]
}

fn from_variable(name: &str, value: &str) -> Result<Settings, ConfigError> {
    load(TEST_DEFAULTS, None, variable(name, value))
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn the_environment_goes_over_the_file_and_the_file_over_the_defaults() {
    let file = file("[server]\nport = 2\nhosts = ['file']\n");
    let environment = variable("PATRON__SERVER__PORT", "3");
    let settings: Settings = load(TEST_DEFAULTS, Some(file.path()), environment).unwrap();
    assert_eq!(settings.name, "default");
    assert_eq!(
        settings.server,
        Server {
            port: 3,
            hosts: vec!["file".to_owned()]
        }
    );
}

#[test]
fn a_variable_holds_toml_or_else_text() {
    let listed = from_variable("PATRON__SERVER__HOSTS", r#"["a", "b"]"#).unwrap();
    assert_eq!(listed.server.hosts, ["a", "b"]);
    assert_eq!(
        from_variable("PATRON__NAME", "plain text").unwrap().name,
        "plain text"
    );
    assert_eq!(
        from_variable("PATRON__NAME", "a\nserver.port = 9")
            .unwrap()
            .server
            .port,
        1
    );
}

#[test]
fn a_variable_with_an_unknown_key_is_refused_by_name() {
    match from_variable("PATRON__SERVER__PRT", "3").unwrap_err() {
        ConfigError::UnknownKey { origin, key } => {
            assert_eq!(key, "server.prt");
            assert_eq!(origin, Source::Variable("PATRON__SERVER__PRT".to_owned()));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_with_an_unknown_key_is_refused_by_path() {
    let file = file("nme = 'x'");
    let error = load::<Settings>(TEST_DEFAULTS, Some(file.path()), []).unwrap_err();
    let expected = format!(
        "the file {} sets `nme`, which does not exist",
        file.path().display()
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_with_its_source() {
    let error = from_variable("PATRON__SERVER__PORT", "high").unwrap_err();
    assert!(matches!(
        error,
        ConfigError::Value {
            origin: Source::Variable(_),
            ..
        }
    ));
}
