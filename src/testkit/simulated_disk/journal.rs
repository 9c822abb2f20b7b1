//! Changes that are visible and not yet durable, in order; of files and of directories alike.

/// What is certain about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// No sync came after it: a crash may keep it or not.
    Open,
    /// A sync failed after it: the system took it for written, no later sync writes it again, and
    /// a crash may keep it or not.
    Forsaken,
    /// A sync succeeded after it, but something forsaken stands before it.
    Durable,
}

/// Changes since the durable state, oldest first.
#[derive(Debug, Clone)]
pub(super) struct Journal<C>(Vec<(C, Fate)>);

impl<C> Default for Journal<C> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<C> Journal<C> {
    pub(super) fn push(&mut self, change: C) {
        self.0.push((change, Fate::Open));
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&C, Fate)> + ExactSizeIterator {
        self.0.iter().map(|(change, fate)| (change, *fate))
    }

    /// A sync that succeeds: what was open is durable. Returns the changes before which nothing
    /// uncertain is left; they belong to the durable state from now on.
    pub(super) fn sync(&mut self) -> Vec<C> {
        self.replace(Fate::Durable);
        let settled = self.0.iter().position(|(_, fate)| *fate != Fate::Durable).unwrap_or(self.0.len());
        self.0.drain(..settled).map(|(change, _)| change).collect()
    }

    /// A sync that fails: what was open is forsaken.
    pub(super) fn forsake(&mut self) {
        self.replace(Fate::Forsaken);
    }

    fn replace(&mut self, fate: Fate) {
        for entry in &mut self.0 {
            if entry.1 == Fate::Open {
                entry.1 = fate;
            }
        }
    }
}
