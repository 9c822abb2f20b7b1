//! Records that live streams and schedules name, each found as the library's own would be.

use serde::{Deserialize, Serialize};
use tenantry::Workspace;
use tenantry::paths::CollectionName;
use tenantry::record::{Entity, RecordId};

macro_rules! named {
    ($name:ident, $collection:ident, $index:literal) => {
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub(crate) struct $name {
            key: String,
        }

        impl Entity for $name {
            fn collection() -> CollectionName {
                CollectionName::$collection
            }

            fn index_keys(&self) -> Vec<(&'static str, String)> {
                vec![($index, self.key.clone())]
            }
        }

        impl $name {
            /// One that is found under that key.
            pub(crate) async fn add(own: &Workspace, key: &str) -> RecordId {
                let value = Self { key: key.to_owned() };
                own.collection().insert(value).await.unwrap().id().clone()
            }
        }
    };
}

named!(Image, THUMBNAILS, "file");
named!(Token, TOKENS, "file");
named!(StreamKey, STREAM_MAPPING, "stream");
