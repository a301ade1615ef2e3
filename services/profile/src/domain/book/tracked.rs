//! Values that know whether they must be written.

/// A value, and how it stands to what is stored.
#[derive(Debug)]
pub(super) struct Tracked<T> {
    value: T,
    standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Stored,
    Changed,
    New,
}

impl<T> Tracked<T> {
    /// A value as it is stored.
    pub(super) fn stored(value: T) -> Self {
        Self {
            value,
            standing: Standing::Stored,
        }
    }

    /// A value that is not stored yet.
    pub(super) fn new(value: T) -> Self {
        Self {
            value,
            standing: Standing::New,
        }
    }

    pub(super) fn get(&self) -> &T {
        &self.value
    }

    pub(super) fn is_new(&self) -> bool {
        self.standing == Standing::New
    }

    pub(super) fn change(&mut self, change: impl FnOnce(&mut T)) {
        change(&mut self.value);
        self.mark_changed();
    }

    /// A change that may be refused; it must then leave the value as it was.
    pub(super) fn try_change<E>(
        &mut self,
        change: impl FnOnce(&mut T) -> Result<(), E>,
    ) -> Result<(), E> {
        change(&mut self.value)?;
        self.mark_changed();
        Ok(())
    }

    fn mark_changed(&mut self) {
        if self.standing == Standing::Stored {
            self.standing = Standing::Changed;
        }
    }

    pub(super) fn into_parts(self) -> (T, Standing) {
        (self.value, self.standing)
    }
}
