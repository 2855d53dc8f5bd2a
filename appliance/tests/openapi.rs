//! The description of the API that is checked in is the one the code makes.

use std::path::Path;

/// Renewed with `HUISCLOS_RENEW=1 cargo test --workspace --test openapi`.
#[test]
fn the_description_in_the_documentation_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api/openapi.json");
    let made = appliance::api::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("HUISCLOS_RENEW").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/api/openapi.json is old; HUISCLOS_RENEW=1 cargo test --workspace --test openapi");
}

#[test]
fn every_operation_says_what_it_does_and_how_it_fails() {
    let document = serde_json::to_value(appliance::api::openapi()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 10), "{method} {path}");
            let statuses: Vec<&String> = operation["responses"].as_object().unwrap().keys().collect();
            let fails = |status: &str| statuses.iter().any(|known| *known == status);
            assert!(fails("200") && fails("403"), "{method} {path}: {statuses:?}");
            assert_eq!(fails("409"), method != "get", "{method} {path}: {statuses:?}");
            assert_eq!(fails("422"), operation["requestBody"].is_object(), "{method} {path}: {statuses:?}");
        }
    }
    assert!(operations > 10, "{operations}");
}
