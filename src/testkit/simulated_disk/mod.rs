//! A disk in memory that can crash: [`SimulatedDisk`], the local store's other medium.
//!
//! It implements the seam of [`crate::store::local::disk`] and keeps two states apart: the *live*
//! one, which every process sees at once, and the *durable* one, which a crash leaves.
//!
//! # What a crash may leave
//! - Of a file, what was there at its last sync, and of each later write on its own: all of it,
//!   none, its first half, all but its last byte, its second half, or the length without the
//!   bytes. A change of length alone is kept or lost.
//! - Of a directory, the names at its last sync, and of the later changes any subset, in their
//!   order. A rename is kept or lost whole; where the old name never became durable, the new one
//!   may nevertheless. Syncing a file says nothing about its name, and syncing a directory nothing
//!   about the files in it, about its own name or about other directories.
//! - A file that no durable name leads to is gone.
//! - After a *failed* sync, what it was to save stays visible and is kept or lost at a crash,
//!   whatever later syncs say: the system believes it written.
//!
//! This allows whatever a POSIX file system may do, and more than a journalling one does.
//!
//! # Processes
//! [`SimulatedDisk::process`] makes a process with a root directory of its own. When it is killed,
//! its handles and locks are gone and each later call of it fails, but what it wrote is visible. A lock
//! belongs to one open file, as with `flock`. An inode number is used again once its file is
//! neither named nor open, so that who compares numbers must hold the file open.
//!
//! # Faults
//! What is to go wrong is data: [`inject`](SimulatedDisk::inject) a [`Fault`] where a [`Matching`]
//! says, [`stop_after`](SimulatedDisk::stop_after) so many changes,
//! [`pause`](SimulatedDisk::pause) a process to let another run in between.

mod choice;
mod contents;
mod control;
mod crash;
mod folder;
mod handle;
mod journal;
mod operation;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use self::control::{GateState, Phase};
use self::handle::{Handle, SimulatedDirectory};
use self::operation::Rule;
use self::state::{Body, ProcessState, ROOT, State};
use crate::store::local::disk::{Access, Directory};

pub use self::choice::{Chooser, Exhaustive, KeepAll, LoseAll, Seeded};
pub use self::control::{Cut, Gate, Scope};
pub use self::operation::{Fault, Matching, Operation, OperationKind};

/// What all handles of one disk share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A disk in memory; a clone is the same disk.
#[derive(Clone)]
pub struct SimulatedDisk {
    shared: Arc<Shared>,
}

impl Default for SimulatedDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SimulatedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedDisk").finish_non_exhaustive()
    }
}

impl SimulatedDisk {
    /// An empty disk of 1 TiB.
    #[must_use]
    pub fn new() -> Self {
        Self::with_state(State::new())
    }

    /// An empty disk on which everything is durable at once and no call is recorded, counted or
    /// made to fail: for tests of mere size.
    #[must_use]
    pub fn always_durable() -> Self {
        let mut state = State::new();
        state.tracked = false;
        state.control.silent = true;
        Self::with_state(state)
    }

    fn with_state(state: State) -> Self {
        Self { shared: Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }) }
    }

    /// Sets how many bytes fit on it.
    pub fn set_capacity(&self, bytes: u64) {
        self.shared.lock().capacity = bytes;
    }

    /// Sets how many handles a process may have open.
    pub fn set_open_limit(&self, handles: usize) {
        self.shared.lock().open_limit = handles;
    }

    /// Sets whether files without a name can be made.
    pub fn set_unnamed_files(&self, supported: bool) {
        self.shared.lock().unnamed_files = supported;
    }

    /// Starts a process.
    #[must_use]
    pub fn process(&self) -> Process {
        let mut state = self.shared.lock();
        state.processes.push(ProcessState { alive: true, open: 0, peak: 0 });
        Process { shared: Arc::clone(&self.shared), id: state.processes.len() - 1 }
    }

    /// From now on, `fault` happens to the calls that `matching` names. The first one that names a
    /// call counts.
    pub fn inject(&self, matching: Matching, fault: Fault) {
        self.shared.lock().control.add(Rule { matching, fault, met: 0 });
    }

    /// Takes back all faults and the stop.
    pub fn heal(&self) {
        self.shared.lock().control.clear();
    }

    /// How many calls the faults' places matched, whether or not it was their turn to fail.
    #[must_use]
    pub fn matched(&self) -> u64 {
        self.shared.lock().control.fired()
    }

    /// Lets `changes` more changing calls of the scope happen, and then stops it: every later call
    /// fails.
    pub fn stop_after(&self, scope: Scope, changes: u64, cut: Cut) {
        self.shared.lock().control.set_stop(scope, changes, cut);
    }

    /// Stops the machine at once.
    pub fn halt(&self) {
        self.shared.lock().control.halt();
    }

    /// Holds a process after `calls` more calls. There is one gate at a time.
    #[must_use]
    pub fn pause(&self, process: usize, calls: u64) -> Gate {
        let gate = GateState { process, phase: Phase::Counting(calls), contended: false };
        self.shared.lock().control.gate = Some(gate);
        Gate { shared: Arc::clone(&self.shared) }
    }

    /// Says that what was to be paused is finished, so that nobody waits for it any longer.
    pub fn finished(&self, process: usize) {
        if let Some(gate) = self.shared.lock().control.gate.as_mut().filter(|gate| gate.process == process) {
            gate.phase = Phase::Finished;
        }
        self.shared.changed.notify_all();
    }

    /// How many changing calls there were.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.shared.lock().control.changes
    }

    /// Takes out the record of the calls so far.
    #[must_use]
    pub fn take_operations(&self) -> Vec<Operation> {
        std::mem::take(&mut self.shared.lock().control.log)
    }

    /// Everything that is visible, by path: a file's bytes, `None` for a directory.
    #[must_use]
    pub fn tree(&self) -> BTreeMap<String, Option<Vec<u8>>> {
        let state = self.shared.lock();
        let mut tree = BTreeMap::new();
        let mut folders = vec![(ROOT, String::new())];
        while let Some((node, prefix)) = folders.pop() {
            let Body::Folder(folder) = &state.entries[&node].body else { continue };
            for (name, child) in &folder.live {
                let path = format!("{prefix}{name}");
                match &state.entries[child].body {
                    Body::File(file) => drop(tree.insert(path, Some(file.live.to_vec()))),
                    Body::Folder(_) => {
                        folders.push((*child, format!("{path}/")));
                        tree.insert(path, None);
                    }
                }
            }
        }
        tree
    }

    /// The permission bits with which a path was made.
    #[must_use]
    pub fn mode(&self, path: &str) -> Option<u32> {
        let mut state = self.shared.lock();
        let mut node = ROOT;
        for name in path.split('/') {
            node = state.lookup(node, name).ok()?;
        }
        Some(state.entry(node).mode)
    }
}

/// A program that uses the disk; a clone is the same program.
#[derive(Debug, Clone)]
pub struct Process {
    shared: Arc<Shared>,
    id: usize,
}

impl Process {
    /// Its number, counted from 0.
    #[must_use]
    pub const fn id(&self) -> usize {
        self.id
    }

    /// Opens the root directory.
    ///
    /// # Errors
    /// If the process has too many handles.
    pub fn root(&self) -> io::Result<Arc<dyn Directory>> {
        let mut state = self.shared.lock();
        let handle = Handle::open(&self.shared, &mut state, self.id, ROOT, Access::Read)?;
        Ok(Arc::new(SimulatedDirectory(handle)))
    }

    /// Kills it: its locks and handles are gone, its calls fail.
    pub fn kill(&self) {
        self.shared.lock().kill(self.id);
    }

    /// Whether neither it nor the machine was stopped.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.shared.lock().is_dead(self.id)
    }

    /// How many handles it has open.
    #[must_use]
    pub fn open_handles(&self) -> usize {
        self.shared.lock().processes[self.id].open
    }

    /// How many it had open at most.
    #[must_use]
    pub fn most_open_handles(&self) -> usize {
        self.shared.lock().processes[self.id].peak
    }
}
