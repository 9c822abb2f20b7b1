//! Everything a simulated disk knows, behind one mutex.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use super::contents::{Contents, FileState};
use super::control::Control;
use super::folder::{FolderState, Node};
use crate::store::local::disk::{EntryKind, Metadata};

/// The root directory's node.
pub(super) const ROOT: Node = 0;

#[derive(Debug, Clone)]
pub(super) enum Body {
    File(FileState),
    Folder(FolderState),
}

/// A file or directory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) body: Body,
    /// The inode number, which is used again once the file is gone, as file systems do.
    pub(super) number: u64,
    pub(super) links: u32,
    pub(super) open: u32,
    /// Made without a name, and so allowed to get its first one.
    pub(super) unnamed: bool,
    pub(super) lock: Lock,
    /// The last name it was given.
    pub(super) path: String,
    pub(super) mode: u32,
}

/// A file's lock: the handles that hold it.
#[derive(Debug, Default)]
pub(super) struct Lock {
    holders: BTreeSet<u64>,
    exclusive: bool,
}

impl Lock {
    /// Takes it, if nobody else is in the way; who holds it already may change its kind.
    pub(super) fn take(&mut self, handle: u64, exclusive: bool) -> bool {
        let others = self.holders.iter().any(|holder| *holder != handle);
        if others && (exclusive || self.exclusive) {
            return false;
        }
        self.holders.insert(handle);
        self.exclusive = exclusive;
        true
    }

    pub(super) fn give_back(&mut self, handle: u64) {
        self.holders.remove(&handle);
    }
}

/// A program that uses the disk.
#[derive(Debug)]
pub(super) struct ProcessState {
    pub(super) alive: bool,
    pub(super) open: usize,
    pub(super) peak: usize,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) entries: HashMap<Node, Entry>,
    next_node: Node,
    free_numbers: BTreeSet<u64>,
    next_number: u64,
    pub(super) processes: Vec<ProcessState>,
    handles: BTreeMap<u64, (usize, Node)>,
    next_handle: u64,
    used: u64,
    pub(super) capacity: u64,
    pub(super) open_limit: usize,
    pub(super) unnamed_files: bool,
    /// Whether durable state is kept apart; without, everything is durable at once.
    pub(super) tracked: bool,
    pub(super) control: Control,
}

impl State {
    pub(super) fn new() -> Self {
        let mut state = Self {
            entries: HashMap::new(),
            next_node: ROOT,
            free_numbers: BTreeSet::new(),
            next_number: 2,
            processes: Vec::new(),
            handles: BTreeMap::new(),
            next_handle: 0,
            used: 0,
            capacity: 1 << 40,
            open_limit: usize::MAX,
            unnamed_files: true,
            tracked: true,
            control: Control::default(),
        };
        let root = state.add(Body::Folder(FolderState::default()), String::new(), 0o700);
        state.link(root);
        state
    }

    /// Adds a file or directory that has no name yet.
    pub(super) fn add(&mut self, body: Body, path: String, mode: u32) -> Node {
        let node = self.next_node;
        self.next_node += 1;
        let number = self.free_numbers.pop_first().unwrap_or_else(|| {
            self.next_number += 1;
            self.next_number - 1
        });
        let entry =
            Entry { body, number, links: 0, open: 0, unnamed: false, lock: Lock::default(), path, mode };
        self.used += length(&entry.body);
        self.entries.insert(node, entry);
        node
    }

    #[allow(clippy::expect_used, reason = "entries go only once no handle and no name leads to them")]
    pub(super) fn entry(&mut self, node: Node) -> &mut Entry {
        self.entries.get_mut(&node).expect("a node that is named or open exists")
    }

    pub(super) fn file(&mut self, node: Node) -> io::Result<&mut FileState> {
        match &mut self.entry(node).body {
            Body::File(file) => Ok(file),
            Body::Folder(_) => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    pub(super) fn folder(&mut self, node: Node) -> io::Result<&mut FolderState> {
        match &mut self.entry(node).body {
            Body::Folder(folder) => Ok(folder),
            Body::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn lookup(&mut self, folder: Node, name: &str) -> io::Result<Node> {
        self.folder(folder)?.live.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn metadata(&mut self, node: Node, same_identity: bool) -> Metadata {
        let entry = self.entry(node);
        let kind = match entry.body {
            Body::File(_) => EntryKind::File,
            Body::Folder(_) => EntryKind::Directory,
        };
        let identity = if same_identity { (0, 0) } else { (1, entry.number) };
        Metadata { kind, length: length(&entry.body), identity }
    }

    pub(super) fn link(&mut self, node: Node) {
        self.entry(node).links += 1;
    }

    pub(super) fn unlink(&mut self, node: Node) {
        self.entry(node).links -= 1;
        self.release(node);
    }

    /// Opens a handle, if the process may have another.
    pub(super) fn open(&mut self, process: usize, node: Node) -> io::Result<u64> {
        let limit = self.open_limit;
        let owner = &mut self.processes[process];
        if owner.open >= limit {
            // EMFILE.
            return Err(io::Error::from_raw_os_error(24));
        }
        owner.open += 1;
        owner.peak = owner.peak.max(owner.open);
        self.entry(node).open += 1;
        let handle = self.next_handle;
        self.next_handle += 1;
        self.handles.insert(handle, (process, node));
        Ok(handle)
    }

    /// Closes a handle, if its process has not already gone with all of them.
    pub(super) fn close(&mut self, handle: u64) {
        let Some((process, node)) = self.handles.remove(&handle) else { return };
        self.processes[process].open -= 1;
        let entry = self.entry(node);
        entry.open -= 1;
        entry.lock.give_back(handle);
        self.release(node);
    }

    /// Ends a process: its handles and locks are gone, what it wrote stays visible.
    pub(super) fn kill(&mut self, process: usize) {
        self.processes[process].alive = false;
        let gone: Vec<u64> = self
            .handles
            .iter()
            .filter(|(_, (owner, _))| *owner == process)
            .map(|(handle, _)| *handle)
            .collect();
        for handle in gone {
            self.close(handle);
        }
    }

    /// Gives back space and inode number of what is neither named nor open. The entry stays, for a
    /// crash may bring a name back whose removal was not synced.
    fn release(&mut self, node: Node) {
        let entry = self.entry(node);
        if entry.links > 0 || entry.open > 0 {
            return;
        }
        let (number, freed) = (entry.number, length(&entry.body));
        self.free_numbers.insert(number);
        self.used -= freed;
        if !self.tracked {
            self.entries.remove(&node);
        }
    }

    pub(super) fn free_space(&self) -> u64 {
        self.capacity.saturating_sub(self.used)
    }

    /// Writes as much as there is space for; `false` if that was not all.
    pub(super) fn write(&mut self, node: Node, bytes: &[u8], offset: u64) -> io::Result<bool> {
        let (free, tracked) = (self.free_space(), self.tracked);
        let file = self.file(node)?;
        let before = file.live.length();
        let fits = before.saturating_add(free).saturating_sub(offset).min(bytes.len() as u64);
        let written = &bytes[..usize::try_from(fits).unwrap_or(bytes.len())];
        file.write(written, offset, tracked);
        self.used += self.file(node)?.live.length() - before;
        Ok(written.len() == bytes.len())
    }

    pub(super) fn set_length(&mut self, node: Node, length: u64) -> io::Result<()> {
        let (free, tracked) = (self.free_space(), self.tracked);
        let file = self.file(node)?;
        let before = file.live.length();
        if length > before.saturating_add(free) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        file.set_length(length, tracked);
        self.used = self.used - before + length;
        Ok(())
    }

    /// A new entry with what is durable of it, in the state after a crash.
    pub(super) fn add_file(&mut self, contents: Contents, path: String, mode: u32) -> Node {
        self.add(Body::File(FileState::durable(contents)), path, mode)
    }
}

fn length(body: &Body) -> u64 {
    match body {
        Body::File(file) => file.live.length(),
        Body::Folder(_) => 0,
    }
}
