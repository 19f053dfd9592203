//! YAML → JSON, in the form in which Kubernetes has it.

use std::fs;
use std::path::Path;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

/// The documents of a file.
#[track_caller]
pub(crate) fn read(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    documents(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The only document of a file.
#[track_caller]
pub(crate) fn read_one(path: &Path) -> Value {
    let [document] = read(path).try_into().unwrap_or_else(|_| panic!("{} has one", path.display()));
    document
}

/// The documents of a text. A key that comes twice is an error.
pub(crate) fn documents(text: &str) -> Result<Vec<Value>, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
    documents.iter().map(value).collect()
}

fn value(yaml: &Yaml<'_>) -> Result<Value, String> {
    match yaml {
        Yaml::Value(scalar) => Ok(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => Value::from(*value),
            Scalar::Integer(value) => Value::from(*value),
            Scalar::FloatingPoint(value) => Value::from(value.into_inner()),
            Scalar::String(text) => {
                if ["yes", "no", "on", "off", "y", "n"].contains(&text.to_ascii_lowercase().as_str()) {
                    return Err(format!("{text:?} is a boolean to kubectl, which reads YAML 1.1"));
                }
                Value::from(text.as_ref())
            }
        }),
        Yaml::Sequence(items) => items.iter().map(value).collect(),
        Yaml::Mapping(entries) => {
            let entry = |(key, item): (&Yaml<'_>, &Yaml<'_>)| {
                let key = key.as_str().ok_or_else(|| format!("{key:?} is no name"))?;
                Ok((key.to_owned(), value(item)?))
            };
            entries.iter().map(entry).collect::<Result<Map<_, _>, String>>().map(Value::Object)
        }
        other => Err(format!("{other:?} is not used here")),
    }
}

#[test]
fn a_text_is_read_as_kubernetes_reads_it() {
    let read = |text| documents(text).map(|documents| Value::from(documents).to_string());
    assert_eq!(
        read("a: 1\nb: \"1\"\nc: [x, 0.5]\nd: null\ne: true").unwrap(),
        r#"[{"a":1,"b":"1","c":["x",0.5],"d":null,"e":true}]"#
    );
    assert_eq!(read("a: 1\n---\nb: |\n  x\n  y\n").unwrap(), r#"[{"a":1},{"b":"x\ny\n"}]"#);
    for wrong in ["a: 1\na: 2", "a: yes", "? [a]\n: 1", "a: &x 1\nb: *y", "a: [", "a: !t 1"] {
        assert!(read(wrong).is_err(), "{wrong:?}");
    }
}
