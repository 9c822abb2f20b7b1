//! The seam itself: [`Directory`] and [`File`] on a simulated disk.

use std::any::Any;
use std::ffi::OsString;
use std::io::{self, IoSlice};
use std::sync::{Arc, MutexGuard};

use super::Shared;
use super::contents::{Contents, FileState};
use super::control::Verdict;
use super::folder::{FolderState, Node};
use super::operation::{Fault, OperationKind};
use super::state::{Body, State};
use crate::store::local::disk::{Access, Directory, EntryKind, File, Metadata};

/// An open file or directory; closed when dropped.
pub(super) struct Handle {
    pub(super) shared: Arc<Shared>,
    process: usize,
    id: u64,
    node: Node,
    access: Access,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.lock().close(self.id);
    }
}

/// How a call that may be faulty goes on.
enum Course<'a> {
    /// As it should, but for an error after it.
    Real(MutexGuard<'a, State>, After),
    /// It claims success and does nothing.
    Omitted,
}

/// What is answered to a call that was done.
struct After(Option<io::Error>);

impl After {
    fn answer<T>(self, value: T) -> io::Result<T> {
        self.0.map_or(Ok(value), Err)
    }
}

impl Handle {
    /// Opens `node` in a state that the caller holds locked.
    pub(super) fn open(
        shared: &Arc<Shared>,
        state: &mut State,
        process: usize,
        node: Node,
        access: Access,
    ) -> io::Result<Self> {
        let id = state.open(process, node)?;
        Ok(Self { shared: Arc::clone(shared), process, id, node, access })
    }

    fn begin(&self, kind: OperationKind) -> io::Result<(MutexGuard<'_, State>, Verdict)> {
        self.shared.begin(self.process, kind, |state| state.entry(self.node).path.clone())
    }

    /// Begins a call on the file or directory itself, in which a fault means an error.
    fn call(&self, kind: OperationKind) -> io::Result<Course<'_>> {
        course(self.begin(kind)?)
    }

    /// Begins a call on a name in this directory.
    fn call_on(&self, kind: OperationKind, name: &str) -> io::Result<Course<'_>> {
        let begun = self.shared.begin(self.process, kind, |state| self.path_of(state, name))?;
        course(begun)
    }

    /// Begins a call that can't be left out.
    fn real(&self, kind: OperationKind, name: &str) -> io::Result<(MutexGuard<'_, State>, After)> {
        match self.call_on(kind, name)? {
            Course::Real(state, after) => Ok((state, after)),
            Course::Omitted => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn path_of(&self, state: &mut State, name: &str) -> String {
        let folder = &state.entry(self.node).path;
        if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
    }

    /// Adds a new file or directory under a name that is free.
    fn add(&self, state: &mut State, name: &str, body: Body, mode: u32) -> io::Result<Node> {
        self.check_free(state, name)?;
        let path = self.path_of(state, name);
        let node = state.add(body, path, mode);
        let tracked = state.tracked;
        state.folder(self.node)?.put(name, node, tracked);
        state.link(node);
        Ok(node)
    }

    /// That this directory still has a place in the tree and the name is free and one component.
    fn check_free(&self, state: &mut State, name: &str) -> io::Result<()> {
        check_component(name)?;
        if state.entry(self.node).links == 0 {
            return Err(io::ErrorKind::NotFound.into());
        }
        if state.folder(self.node)?.live.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(())
    }

    fn do_rename(&self, state: &mut State, from: &str, to: &str) -> io::Result<()> {
        check_component(to)?;
        let node = state.lookup(self.node, from)?;
        let replaced = state.lookup(self.node, to).ok();
        if replaced == Some(node) {
            return Ok(());
        }
        if let Some(replaced) = replaced {
            // Directories are never replaced: nothing asks for it.
            state.file(replaced)?;
            state.file(node)?;
        }
        let (tracked, path) = (state.tracked, self.path_of(state, to));
        state.folder(self.node)?.rename(from, to, node, tracked);
        state.entry(node).path = path;
        if let Some(replaced) = replaced {
            state.unlink(replaced);
        }
        Ok(())
    }

    fn remove(&self, state: &mut State, name: &str, node: Node) -> io::Result<()> {
        let tracked = state.tracked;
        state.folder(self.node)?.remove(name, tracked);
        state.unlink(node);
        Ok(())
    }

    fn check_writable(&self) -> io::Result<()> {
        match self.access {
            Access::ReadWrite => Ok(()),
            // EBADF.
            Access::Read => Err(io::Error::from_raw_os_error(9)),
        }
    }
}

fn course((state, verdict): (MutexGuard<'_, State>, Verdict)) -> io::Result<Course<'_>> {
    match verdict {
        Verdict::Run | Verdict::Last(_) => Ok(Course::Real(state, After(None))),
        Verdict::Faulty(Fault::Late) => Ok(Course::Real(state, After(Fault::Late.error()))),
        Verdict::Faulty(fault) => fault.error().map_or(Ok(Course::Omitted), Err),
    }
}

/// What the caller of a write or a sync hears, once its effect took place.
fn answer(verdict: Verdict) -> io::Result<()> {
    match verdict {
        Verdict::Faulty(fault) => fault.error().map_or(Ok(()), Err),
        Verdict::Run | Verdict::Last(_) => Ok(()),
    }
}

fn check_component(name: &str) -> io::Result<()> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(())
}

/// An open directory of a simulated disk.
pub(super) struct SimulatedDirectory(pub(super) Handle);

impl Directory for SimulatedDirectory {
    fn open_directory(&self, name: &str) -> io::Result<Arc<dyn Directory>> {
        let (mut state, after) = self.0.real(OperationKind::OpenDirectory, name)?;
        let node = state.lookup(self.0.node, name)?;
        state.folder(node)?;
        let handle = Handle::open(&self.0.shared, &mut state, self.0.process, node, Access::Read)?;
        drop(state);
        after.answer(Arc::new(Self(handle)))
    }

    fn create_directory(&self, name: &str, mode: u32) -> io::Result<()> {
        let (mut state, after) = self.0.real(OperationKind::CreateDirectory, name)?;
        self.0.add(&mut state, name, Body::Folder(FolderState::default()), mode)?;
        after.answer(())
    }

    fn open_file(&self, name: &str, access: Access) -> io::Result<Arc<dyn File>> {
        let (mut state, after) = self.0.real(OperationKind::OpenFile, name)?;
        let node = state.lookup(self.0.node, name)?;
        state.file(node).map_err(|_| io::ErrorKind::InvalidData)?;
        let handle = Handle::open(&self.0.shared, &mut state, self.0.process, node, access)?;
        drop(state);
        after.answer(Arc::new(SimulatedFile(handle)))
    }

    /// Nothing is in memory here.
    fn open_resident_directory(&self, _name: &str) -> Option<Arc<dyn Directory>> {
        None
    }

    /// The same.
    fn open_resident(&self, _names: &[&str], _access: Access) -> Option<(Arc<dyn File>, Metadata)> {
        None
    }

    fn create_file(&self, name: &str, mode: u32) -> io::Result<Arc<dyn File>> {
        let (mut state, after) = self.0.real(OperationKind::CreateFile, name)?;
        let node = self.0.add(&mut state, name, Body::File(FileState::default()), mode)?;
        let handle = Handle::open(&self.0.shared, &mut state, self.0.process, node, Access::ReadWrite)?;
        drop(state);
        after.answer(Arc::new(SimulatedFile(handle)))
    }

    fn create_unnamed(&self, mode: u32) -> io::Result<Option<Arc<dyn File>>> {
        let (mut state, after) = self.0.real(OperationKind::CreateUnnamed, "?")?;
        if !state.unnamed_files {
            return Ok(None);
        }
        let path = self.0.path_of(&mut state, "?");
        let node = state.add_file(Contents::default(), path, mode);
        state.entry(node).unnamed = true;
        let handle = Handle::open(&self.0.shared, &mut state, self.0.process, node, Access::ReadWrite)?;
        drop(state);
        after.answer(Some(Arc::new(SimulatedFile(handle))))
    }

    fn link(&self, file: &dyn File, name: &str) -> io::Result<()> {
        let file: &SimulatedFile = file.as_any().downcast_ref().ok_or(io::ErrorKind::CrossesDevices)?;
        if !Arc::ptr_eq(&file.0.shared, &self.0.shared) {
            return Err(io::ErrorKind::CrossesDevices.into());
        }
        let (mut state, after) = self.0.real(OperationKind::Link, name)?;
        self.0.check_free(&mut state, name)?;
        let entry = state.entry(file.0.node);
        if entry.links == 0 && !entry.unnamed {
            return Err(io::ErrorKind::NotFound.into());
        }
        let (tracked, path) = (state.tracked, self.0.path_of(&mut state, name));
        state.folder(self.0.node)?.put(name, file.0.node, tracked);
        state.link(file.0.node);
        state.entry(file.0.node).path = path;
        after.answer(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (mut state, after) = self.0.real(OperationKind::Rename, to)?;
        self.0.do_rename(&mut state, from, to)?;
        after.answer(())
    }

    fn rename_new(&self, from: &str, to: &str) -> io::Result<()> {
        let (mut state, after) = self.0.real(OperationKind::Rename, to)?;
        self.0.check_free(&mut state, to)?;
        self.0.do_rename(&mut state, from, to)?;
        after.answer(())
    }

    fn remove_file(&self, name: &str) -> io::Result<()> {
        let (mut state, after) = self.0.real(OperationKind::RemoveFile, name)?;
        let node = state.lookup(self.0.node, name)?;
        state.file(node)?;
        self.0.remove(&mut state, name, node)?;
        after.answer(())
    }

    fn remove_directory(&self, name: &str) -> io::Result<()> {
        let (mut state, after) = self.0.real(OperationKind::RemoveDirectory, name)?;
        let node = state.lookup(self.0.node, name)?;
        if !state.folder(node)?.live.is_empty() {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        self.0.remove(&mut state, name, node)?;
        after.answer(())
    }

    fn entries(&self) -> io::Result<Vec<(OsString, EntryKind)>> {
        let Course::Real(mut state, after) = self.0.call(OperationKind::Entries)? else {
            return Ok(Vec::new());
        };
        let names: Vec<_> =
            state.folder(self.0.node)?.live.iter().map(|(name, node)| (name.clone(), *node)).collect();
        // Backwards: nobody may rely on an order.
        let entries = names.into_iter().rev();
        after.answer(
            entries.map(|(name, node)| (OsString::from(name), state.metadata(node, false).kind)).collect(),
        )
    }

    fn metadata(&self, name: &str) -> io::Result<Metadata> {
        let begun = self
            .0
            .shared
            .begin(self.0.process, OperationKind::Metadata, |state| self.0.path_of(state, name))?;
        let (mut state, same) = known(begun)?;
        let node = state.lookup(self.0.node, name)?;
        Ok(state.metadata(node, same))
    }

    fn sync(&self) -> io::Result<()> {
        let (mut state, verdict) = self.0.begin(OperationKind::SyncDirectory)?;
        let folder = state.folder(self.0.node)?;
        match verdict {
            Verdict::Faulty(Fault::Omitted) => {}
            Verdict::Faulty(Fault::Late) | Verdict::Run | Verdict::Last(_) => folder.sync(),
            Verdict::Faulty(_) => folder.forsake(),
        }
        answer(verdict)
    }

    fn free_space(&self) -> io::Result<u64> {
        match self.0.call(OperationKind::FreeSpace)? {
            Course::Real(state, after) => after.answer(state.free_space()),
            Course::Omitted => Ok(0),
        }
    }
}

/// The state for a metadata call, and whether it is to hide which file it is.
fn known((state, verdict): (MutexGuard<'_, State>, Verdict)) -> io::Result<(MutexGuard<'_, State>, bool)> {
    match verdict {
        Verdict::Faulty(fault) => fault.error().map_or(Ok((state, true)), Err),
        Verdict::Run | Verdict::Last(_) => Ok((state, false)),
    }
}

/// An open file of a simulated disk.
struct SimulatedFile(Handle);

impl SimulatedFile {
    fn lock(&self, exclusive: bool) -> io::Result<bool> {
        let Course::Real(mut state, after) = self.0.call(OperationKind::Lock)? else { return Ok(true) };
        loop {
            if state.entry(self.0.node).lock.take(self.0.id, exclusive) {
                return after.answer(true);
            }
            let (released, again) = self.0.shared.let_holder_finish(state, self.0.process);
            state = released;
            if !again {
                return after.answer(false);
            }
        }
    }
}

impl File for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self.0.call(OperationKind::Read)? {
            Course::Real(mut state, after) => {
                after.answer(state.file(self.0.node)?.live.read(buffer, offset))
            }
            Course::Omitted => Ok(0),
        }
    }

    /// Half of it, so that the rest is read as usual.
    fn read_resident(&self, buffer: &mut [u8], offset: u64) -> usize {
        let half = buffer.len() / 2;
        self.read_at(&mut buffer[..half], offset).unwrap_or(0)
    }

    fn write_parts_at(&self, parts: &mut [IoSlice<'_>], offset: u64) -> io::Result<()> {
        self.0.check_writable()?;
        let (mut state, verdict) = self.0.begin(OperationKind::Write)?;
        let bytes: &[u8] = &parts.iter().flat_map(|part| part.iter().copied()).collect::<Vec<u8>>();
        let half = &bytes[..bytes.len() / 2];
        match verdict {
            Verdict::Run => {
                if !state.write(self.0.node, bytes, offset)? {
                    return Err(io::ErrorKind::StorageFull.into());
                }
            }
            Verdict::Last(scope) => {
                state.write(self.0.node, half, offset)?;
                state.stop(scope);
                return Err(super::control::dead());
            }
            Verdict::Faulty(Fault::Short) => drop(state.write(self.0.node, half, offset)?),
            Verdict::Faulty(Fault::Late) => drop(state.write(self.0.node, bytes, offset)?),
            Verdict::Faulty(_) => {}
        }
        answer(verdict)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.0.check_writable()?;
        match self.0.call(OperationKind::SetLength)? {
            Course::Real(mut state, after) => {
                state.set_length(self.0.node, length)?;
                after.answer(())
            }
            Course::Omitted => Ok(()),
        }
    }

    fn metadata(&self) -> io::Result<Metadata> {
        let (mut state, same) = known(self.0.begin(OperationKind::FileMetadata)?)?;
        Ok(state.metadata(self.0.node, same))
    }

    fn sync_data(&self) -> io::Result<()> {
        let (mut state, verdict) = self.0.begin(OperationKind::SyncFile)?;
        let file = state.file(self.0.node)?;
        match verdict {
            Verdict::Faulty(Fault::Omitted) => {}
            Verdict::Faulty(Fault::Late) | Verdict::Run | Verdict::Last(_) => file.sync(),
            Verdict::Faulty(_) => file.forsake(),
        }
        answer(verdict)
    }

    fn start_writeback(&self, _offset: u64, _length: u64) {
        // A hint: what it does to the bytes is among the outcomes of a crash anyway.
        drop(self.0.begin(OperationKind::StartWriteback));
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.lock(true)
    }

    fn try_lock_shared(&self) -> io::Result<bool> {
        self.lock(false)
    }

    fn unlock(&self) -> io::Result<()> {
        if let Course::Real(mut state, after) = self.0.call(OperationKind::Unlock)? {
            state.entry(self.0.node).lock.give_back(self.0.id);
            return after.answer(());
        }
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
