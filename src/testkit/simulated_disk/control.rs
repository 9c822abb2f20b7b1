//! What a test wants to happen to the calls on a disk: faults, stops, pauses, and a record of them.

use std::io;
use std::sync::MutexGuard;

use super::Shared;
use super::operation::{Fault, Operation, OperationKind, Rule};
use super::state::State;

/// Where in the last call a stop comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before it.
    Before,
    /// In the middle, where it is a write: its first half is written; before it, if it isn't.
    Midway,
}

/// Who is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The machine: every process.
    Machine,
    /// One process; the others go on, and its locks are free.
    Process(usize),
}

#[derive(Debug)]
struct Stop {
    scope: Scope,
    remaining: u64,
    cut: Cut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Counting(u64),
    Paused,
    Released,
    Finished,
}

#[derive(Debug)]
pub(super) struct GateState {
    pub(super) process: usize,
    pub(super) phase: Phase,
    pub(super) contended: bool,
}

/// The part of a disk's state that tests set.
#[derive(Debug, Default)]
pub(super) struct Control {
    rules: Vec<Rule>,
    stop: Option<Stop>,
    halted: bool,
    pub(super) gate: Option<GateState>,
    pub(super) silent: bool,
    pub(super) log: Vec<Operation>,
    pub(super) changes: u64,
}

impl Control {
    pub(super) fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
        self.stop = None;
    }

    /// How often the places of the faults were passed.
    pub(super) fn fired(&self) -> u64 {
        self.rules.iter().map(|rule| rule.met).sum()
    }

    pub(super) fn set_stop(&mut self, scope: Scope, after: u64, cut: Cut) {
        self.stop = Some(Stop { scope, remaining: after, cut });
    }

    pub(super) fn halt(&mut self) {
        self.halted = true;
    }

    pub(super) const fn is_halted(&self) -> bool {
        self.halted
    }

    /// Counts a call; `Some` if it is the one at which the stop comes.
    fn reach_stop(&mut self, operation: &Operation) -> Option<(Scope, Cut)> {
        let stop = self.stop.as_mut()?;
        let counted = operation.kind.changes()
            && match stop.scope {
                Scope::Machine => true,
                Scope::Process(process) => process == operation.process,
            };
        if !counted {
            return None;
        }
        if stop.remaining > 0 {
            stop.remaining -= 1;
            return None;
        }
        let reached = (stop.scope, stop.cut);
        self.stop = None;
        Some(reached)
    }
}

/// How a call is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Run,
    Faulty(Fault),
    /// A write writes its first half, and then the scope is stopped.
    Last(Scope),
}

/// What a call gets when its process is no more.
pub(super) fn dead() -> io::Error {
    io::Error::other("the process is dead")
}

impl State {
    pub(super) fn stop(&mut self, scope: Scope) {
        match scope {
            Scope::Machine => self.control.halt(),
            Scope::Process(process) => self.kill(process),
        }
    }

    pub(super) fn is_dead(&self, process: usize) -> bool {
        self.control.is_halted() || !self.processes[process].alive
    }
}

impl Shared {
    /// The beginning of every call: waits at a gate, dies at a stop, and finds the fault meant for it.
    pub(super) fn begin(
        &self,
        process: usize,
        kind: OperationKind,
        path: impl FnOnce(&mut State) -> String,
    ) -> io::Result<(MutexGuard<'_, State>, Verdict)> {
        let mut state = self.pass_gate(self.lock(), process);
        if state.is_dead(process) {
            return Err(dead());
        }
        if state.control.silent {
            return Ok((state, Verdict::Run));
        }
        let path = path(&mut state);
        let operation = Operation { process, kind, path };
        let mut verdict = Verdict::Run;
        if let Some((scope, cut)) = state.control.reach_stop(&operation) {
            if cut == Cut::Before || kind != OperationKind::Write {
                state.stop(scope);
                return Err(dead());
            }
            verdict = Verdict::Last(scope);
        }
        for rule in &mut state.control.rules {
            if rule.applies(&operation) && verdict == Verdict::Run {
                verdict = Verdict::Faulty(rule.fault);
            }
        }
        state.control.changes += u64::from(kind.changes());
        state.control.log.push(operation);
        Ok((state, verdict))
    }

    fn pass_gate<'a>(&'a self, mut state: MutexGuard<'a, State>, process: usize) -> MutexGuard<'a, State> {
        let Some(gate) = state.control.gate.as_mut().filter(|gate| gate.process == process) else {
            return state;
        };
        match gate.phase {
            Phase::Counting(0) => gate.phase = Phase::Paused,
            Phase::Counting(remaining) => {
                gate.phase = Phase::Counting(remaining - 1);
                return state;
            }
            _ => return state,
        }
        self.changed.notify_all();
        self.wait_while(state, |gate| gate.phase == Phase::Paused)
    }

    pub(super) fn wait_while<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        condition: impl Fn(&GateState) -> bool,
    ) -> MutexGuard<'a, State> {
        self.changed
            .wait_while(state, |state| state.control.gate.as_ref().is_some_and(&condition))
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A lock was not free: if its holder is paused, it goes on, and the caller waits until it ends
    /// or is itself in need of a lock that the caller may hold.
    pub(super) fn let_holder_finish<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        process: usize,
    ) -> (MutexGuard<'a, State>, bool) {
        match state.control.gate.as_mut() {
            Some(gate) if gate.process != process && gate.phase == Phase::Paused => {
                gate.phase = Phase::Released;
                gate.contended = true;
            }
            Some(gate) if gate.process == process && gate.phase == Phase::Released => {
                gate.phase = Phase::Finished;
                self.changed.notify_all();
                return (state, false);
            }
            _ => return (state, false),
        }
        self.changed.notify_all();
        (self.wait_while(state, |gate| gate.phase == Phase::Released), true)
    }
}

/// A point at which a process is held.
///
/// If another process finds a lock taken while this one is held, this one goes on first, to its
/// end or until it finds a lock taken in turn, for else neither would.
#[derive(Debug)]
pub struct Gate {
    pub(super) shared: std::sync::Arc<Shared>,
}

impl Gate {
    /// Waits until the process is held, `true`, or has said that it is finished, `false`.
    #[must_use]
    pub fn reached(&self) -> bool {
        let state =
            self.shared.wait_while(self.shared.lock(), |gate| matches!(gate.phase, Phase::Counting(_)));
        state.control.gate.as_ref().is_some_and(|gate| gate.phase == Phase::Paused)
    }

    /// Lets the process go on.
    pub fn resume(&self) {
        if let Some(gate) =
            self.shared.lock().control.gate.as_mut().filter(|gate| gate.phase == Phase::Paused)
        {
            gate.phase = Phase::Released;
        }
        self.shared.changed.notify_all();
    }

    /// Whether the process had to go on because it held a lock.
    #[must_use]
    pub fn contended(&self) -> bool {
        self.shared.lock().control.gate.as_ref().is_some_and(|gate| gate.contended)
    }
}
