//! Lets something else happen just before a chosen call reaches the store, as another process might.

use std::sync::{Arc, Mutex};

use tenantry::paths::TenantId;
use tenantry::store::{StoreMethod, TenantStore};
use tenantry::testkit::{Moment, ObservedStore};

type Script = Option<(StoreMethod, usize, Box<dyn FnOnce() + Send>)>;

/// Says what happens, and when; a clone controls the same store.
#[derive(Clone, Default)]
pub(crate) struct Meanwhile(Arc<Mutex<Script>>);

impl Meanwhile {
    /// A store in front of `inner`, to which nothing happens until it is said.
    pub(crate) fn before(inner: impl TenantStore) -> (ObservedStore, Self) {
        let meanwhile = Self::default();
        let told = meanwhile.clone();
        let observer = move |method: StoreMethod, _: Option<&TenantId>, moment: Moment| {
            if moment == Moment::Begin {
                told.begins(method);
            }
        };
        (ObservedStore::new(Arc::new(inner), observer), meanwhile)
    }

    /// Before the call of that number (from 1) of that method, `other` runs to its end, on a thread and
    /// a runtime of its own.
    pub(crate) fn at<F>(&self, method: StoreMethod, call: usize, other: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = ()>,
    {
        let run = move || {
            let thread = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(other());
            });
            thread.join().unwrap();
        };
        *self.0.lock().unwrap() = Some((method, call, Box::new(run)));
    }

    /// Whether what was said has happened.
    pub(crate) fn is_over(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }

    fn begins(&self, method: StoreMethod) {
        let mut script = self.0.lock().unwrap();
        let due = match &mut *script {
            Some((awaited, calls, _)) if *awaited == method => {
                *calls -= 1;
                *calls == 0
            }
            _ => false,
        };
        let run = if due { script.take() } else { None };
        drop(script);
        if let Some((_, _, run)) = run {
            run();
        }
    }
}
