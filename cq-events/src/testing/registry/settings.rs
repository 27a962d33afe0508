//! What is set for the whole registry, and for single subjects.

use std::collections::BTreeMap;

/// What the registry lets its callers do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// Everything.
    #[default]
    ReadWrite,
    /// Nothing but read.
    ReadOnly,
    /// The same; Confluent lets it overrule what subjects have.
    ReadOnlyOverride,
    /// Register schemas with the ids and versions that they have elsewhere, whatever their compatibility.
    Import,
}

impl Mode {
    const ALL: [Self; 4] = [Self::ReadWrite, Self::ReadOnly, Self::ReadOnlyOverride, Self::Import];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ReadWrite => "READWRITE",
            Self::ReadOnly => "READONLY",
            Self::ReadOnlyOverride => "READONLY_OVERRIDE",
            Self::Import => "IMPORT",
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name().eq_ignore_ascii_case(name))
    }

    pub(super) const fn is_read_only(self) -> bool {
        matches!(self, Self::ReadOnly | Self::ReadOnlyOverride)
    }
}

/// A setting: one for the registry, and those of subjects that have their own.
#[derive(Debug)]
pub(super) struct Setting<T> {
    initial: T,
    global: T,
    of_subjects: BTreeMap<String, T>,
}

impl<T: Copy> Setting<T> {
    pub(super) const fn new(initial: T) -> Self {
        Self { initial, global: initial, of_subjects: BTreeMap::new() }
    }

    pub(super) fn global(&self) -> T {
        self.global
    }

    /// The subject's own.
    pub(super) fn own(&self, subject: &str) -> Option<T> {
        self.of_subjects.get(subject).copied()
    }

    /// What counts for a subject.
    pub(super) fn of(&self, subject: &str) -> T {
        self.own(subject).unwrap_or(self.global)
    }

    /// Sets it for a subject, or (None) for the registry.
    pub(super) fn set(&mut self, subject: Option<&str>, value: T) {
        match subject {
            Some(subject) => _ = self.of_subjects.insert(subject.to_owned(), value),
            None => self.global = value,
        }
    }

    /// Takes a subject's own away, or (None) sets the registry's as it was at first. Returns what it was.
    pub(super) fn unset(&mut self, subject: Option<&str>) -> Option<T> {
        match subject {
            Some(subject) => self.of_subjects.remove(subject),
            None => Some(std::mem::replace(&mut self.global, self.initial)),
        }
    }
}
