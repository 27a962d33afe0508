use std::fmt;

/// Everything that is wrong with a configuration, in one error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    problems: Vec<ConfigProblem>,
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigProblem {
    /// The environment variable, or the method of the builder.
    pub setting: String,
    /// What is wrong with it, the value found (never that of a secret), and what to do.
    pub message: String,
}

impl ConfigError {
    /// What is wrong, in the order of the settings; never empty.
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }

    pub(crate) fn of(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Self { problems: vec![ConfigProblem { setting: setting.into(), message: message.into() }] }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [problem] => write!(f, "invalid configuration: {problem}"),
            problems => {
                write!(f, "invalid configuration, {} problems:", problems.len())?;
                problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.setting, self.message)
    }
}

/// Collects problems, so that all of them are reported together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problems(Vec<ConfigProblem>);

impl Problems {
    pub(crate) fn add(&mut self, setting: impl Into<String>, message: impl Into<String>) {
        self.0.push(ConfigProblem { setting: setting.into(), message: message.into() });
    }

    pub(crate) fn merge(&mut self, error: ConfigError) {
        self.0.extend(error.problems);
    }

    pub(crate) fn extend(&mut self, other: Problems) {
        self.0.extend(other.0);
    }

    pub(crate) fn finish(self) -> Result<(), ConfigError> {
        if self.0.is_empty() { Ok(()) } else { Err(ConfigError { problems: self.0 }) }
    }
}
