//! Deleting: softly first, so that messages can still be read, and then for good.

use super::refusal::Refusal;
use super::state::{Found, Id, Number, State, Wanted};

impl State {
    /// Deletes all versions of a subject. Returns their numbers.
    ///
    /// # Errors
    /// When there is no such subject, when it is referred to, or when it is not deleted softly yet or already.
    pub(super) fn delete_subject(&mut self, subject: &str, permanent: bool) -> Result<Vec<Number>, Refusal> {
        self.check_subject(subject, true)?;
        let is_deleted = self.versions(subject, false).next().is_none();
        if is_deleted && !permanent {
            return Err(Refusal::subject_deleted(subject));
        }
        self.check_writable(Some(subject))?;
        let found: Vec<Found> = self.versions(subject, permanent).collect();
        for Found { version, .. } in &found {
            self.check_unreferenced(subject, *version, Some(subject), permanent)?;
        }
        if permanent && !is_deleted {
            return Err(Refusal::subject_not_deleted(subject));
        }
        for Found { version, .. } in &found {
            self.delete(subject, *version, permanent);
        }
        Ok(found.into_iter().map(|it| it.version).collect())
    }

    /// Deletes a version, and returns its number.
    ///
    /// # Errors
    /// As [`State::delete_subject`].
    pub(super) fn delete_version(
        &mut self,
        subject: &str,
        wanted: Wanted,
        permanent: bool,
    ) -> Result<Number, Refusal> {
        let version = self.version(subject, wanted, wanted != Wanted::Latest)?.version;
        let is_deleted = !self.versions(subject, false).any(|it| it.version == version);
        if is_deleted && !permanent {
            return Err(Refusal::version_deleted(subject, version));
        }
        self.check_writable(Some(subject))?;
        self.check_unreferenced(subject, version, None, permanent)?;
        if permanent && !is_deleted {
            return Err(Refusal::version_not_deleted(subject, version));
        }
        self.delete(subject, version, permanent);
        Ok(version)
    }

    /// With the last version that goes for good, what is set for the subject goes as well.
    fn delete(&mut self, subject: &str, version: Number, permanent: bool) {
        let Some(versions) = self.subjects.get_mut(subject) else { return };
        if !permanent {
            if let Some(version) = versions.get_mut(&version) {
                version.is_deleted = true;
            }
            return;
        }
        let removed = versions.remove(&version);
        if versions.is_empty() {
            self.subjects.remove(subject);
            self.levels.unset(Some(subject));
            self.unset_mode(Some(subject));
        }
        if let Some(removed) = removed {
            self.forget(removed.id);
        }
    }

    /// A schema that stands nowhere any more is not found by its id either, which is not given again.
    pub(super) fn forget(&mut self, id: Id) {
        if self.places(id, true).next().is_some() {
            return;
        }
        if let Some(stored) = self.schemas.remove(&id) {
            self.bytes = self.bytes.saturating_sub(stored.text.len() + stored.assembled.len());
            self.guids.retain(|_, it| *it != id);
        }
    }

    /// # Errors
    /// When a schema refers to this version, which stands elsewhere than in the subject `but`; `deleted`: one that is
    /// deleted softly counts too.
    fn check_unreferenced(
        &self,
        subject: &str,
        version: Number,
        but: Option<&str>,
        deleted: bool,
    ) -> Result<(), Refusal> {
        let is_elsewhere = |id| self.places(id, deleted).any(|(place, _)| Some(place) != but);
        if self.referring(subject, version).any(is_elsewhere) {
            return Err(Refusal::referenced(subject, version));
        }
        Ok(())
    }
}
