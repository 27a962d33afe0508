//! Digests of JSON values: two values that are equal have one digest. A definition that comes twice is known by it; to keep
//! the definitions themselves, each with those in it, would take a multiple of a hostile text.

use std::hash::{BuildHasher, RandomState};

use crate::json::{Json, Member, Value};

/// Makes digests, which are of one process: nobody can have chosen values that have one in common.
#[derive(Debug, Default)]
pub(crate) struct Digests(RandomState);

impl Digests {
    /// The digest of an object's members, in whatever order.
    pub(crate) fn members(&self, members: &[Member]) -> u64 {
        let one = |member: &Member| self.0.hash_one((&member.key, self.value(&member.value)));
        members.iter().fold(0, |sum: u64, member| sum.wrapping_add(one(member)))
    }

    fn value(&self, json: &Json) -> u64 {
        match &json.value {
            Value::Null => self.0.hash_one(0),
            Value::Bool(value) => self.0.hash_one((1, value)),
            // As equality has it: 1 is 1.0.
            Value::Number(text) => match text.parse::<f64>() {
                Ok(number) => self.0.hash_one((2, (number + 0.0).to_bits())),
                Err(_) => self.0.hash_one((3, text)),
            },
            Value::String(text) => self.0.hash_one((4, text)),
            Value::Array(items) => {
                let items: Vec<u64> = items.iter().map(|item| self.value(item)).collect();
                self.0.hash_one((5, items))
            }
            Value::Object(members) => self.0.hash_one((6, self.members(members))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[test]
    fn values_that_are_equal_have_one_digest_and_others_have_others() {
        let digests = Digests::default();
        let digest = |text: &str| {
            let mut sources = Sources::default();
            let source = sources.add("a", text);
            digests.value(&Json::parse(&sources, source).unwrap())
        };
        assert_eq!(
            digest(r#"{"a": [1, null], "b": {"c": "x"}}"#),
            digest(r#"{"b":{"c":"x"},"a":[1.0,null]}"#)
        );
        let different =
            ["{}", "[]", "null", "0", "1", "\"1\"", "true", "false", "[[]]", r#"{"a":1}"#, r#"{"1":"a"}"#];
        for (index, left) in different.iter().enumerate() {
            for right in &different[..index] {
                assert_ne!(digest(left), digest(right), "{left} and {right}");
            }
        }
    }
}
