//! Names: those that parse, over their whole grammar, and those that must not.

use proptest::prelude::*;
use proptest::sample::select;
use unicode_normalization::UnicodeNormalization;

use crate::paths::{FileName, TenantId};
use crate::testkit::hostile_names::{CLASSES, HostileClass, Verdict};

/// Tenants' ids: short and long, plain and encoded.
pub fn tenant_ids() -> impl Strategy<Value = TenantId> + Clone {
    let plain = prop_oneof![6 => "[a-z][a-z0-9]{0,9}", 3 => "[a-z0-9][a-z0-9._-]{0,20}", 1 => "[a-z0-9]{64}"];
    let plain = plain.prop_filter_map("an id", |text| TenantId::parse(&text).ok());
    let encoded = external_names().prop_filter_map("an id", |name| TenantId::encode(&name).ok());
    prop_oneof![2 => plain, 1 => encoded]
}

/// Names by which an application knows its users: mail addresses, numbers, people's names, anything. Each
/// has an id: [`TenantId::encode`] takes it.
pub fn external_names() -> impl Strategy<Value = String> + Clone {
    let any = prop_oneof![
        4 => "[a-z]{1,8}(\\.[a-z]{1,8})?(\\+[a-z]{1,4})?@[a-zA-Z-]{1,8}\\.(com|id|co\\.id)",
        3 => "[A-Z][a-z]{1,9}( [A-Z][a-z]{1,9})?",
        2 => "0|-?[1-9][0-9]{0,9}",
        2 => ".{1,5}",
        2 => "[\\p{L}\\p{M}]{1,5}",
        1 => "(?i)(con|nul|com[0-9]|done|ledger)(\\.[a-z]{1,3})?",
        1 => "(=[0-9a-f]{2}|[a-c.=]){1,6}",
    ];
    any.prop_filter("it has an id", |name| TenantId::encode(name).is_ok())
}

/// Names of files, over the whole grammar: any script, marks, symbols, up to the longest.
pub fn file_names() -> impl Strategy<Value = FileName> + Clone {
    let harmless = CLASSES.iter().filter(|class| class.file == Verdict::Harmless);
    let harmless: Vec<_> = harmless.flat_map(|class| class.examples).map(|name| (*name).to_owned()).collect();
    let text = prop_oneof![
        6 => "[A-Za-z0-9][A-Za-z0-9 _()-]{0,20}\\.(mp4|avi|mov|png|json)",
        3 => "[^\\p{C}\\p{M}/\\\\:]{1,30}",
        2 => "[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N}\\p{S}]{0,20}\\.[a-z]{1,4}",
        1 => select(harmless),
        1 => "[a-z]{190,200}",
    ];
    text.prop_filter_map("a file name", |text| FileName::parse(&text.nfc().collect::<String>()).ok())
}

/// Names that must not become a tenant's id.
pub fn hostile_tenant_ids() -> impl Strategy<Value = String> + Clone {
    let foreign = "[A-Z /\\\\:@?*%+~é映\\x00-\\x1f\\x7f\u{200b}\u{202e}\u{ff0e}]";
    let spoilt = ("[a-z0-9]{1,8}", foreign, "[a-z0-9]{0,8}");
    prop_oneof![
        3 => refused(|class| class.tenant),
        3 => spoilt.prop_map(|(before, piece, after)| format!("{before}{piece}{after}")),
        1 => "[._-][a-z0-9]{0,8}",
        1 => "[a-z0-9]{1,8}\\.{1,2}",
        1 => "[a-z]{65,300}",
        1 => "(con|prn|aux|nul|com[0-9]|lpt[0-9])(\\.[a-z]{1,3})?",
    ]
}

/// Names that must not become a file's.
pub fn hostile_file_names() -> impl Strategy<Value = String> + Clone {
    let piece =
        "[/\\\\:\\x00-\\x1f\\x7f-\\x9f\u{ad}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2066}\u{feff}\u{fffd}]";
    // A letter and its mark apart are in no normal form.
    let piece = prop_oneof![4 => piece, 1 => Just("e\u{301}".to_owned())];
    let spoilt = (file_names(), piece, any::<prop::sample::Index>());
    let spoilt = spoilt.prop_map(|(name, piece, at)| {
        let at = at.index(name.as_str().chars().count() + 1);
        let (before, after): (Vec<_>, Vec<_>) = name.as_str().chars().enumerate().partition(|(n, _)| *n < at);
        let text = |part: Vec<(usize, char)>| part.into_iter().map(|(_, char)| char).collect::<String>();
        format!("{}{piece}{}", text(before), text(after))
    });
    let at_edges =
        (file_names(), select(vec![(".", ""), ("", "."), (" ", ""), ("", "\u{3000}"), ("../", "")]));
    prop_oneof![
        3 => refused(|class| class.file),
        3 => spoilt,
        2 => at_edges.prop_map(|(name, (before, after))| format!("{before}{name}{after}")),
        1 => "(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9])( {0,2}\\.[a-z]{1,3})?",
        1 => "[a-z]{1,8}\\.edited-[0-9]{0,4}|(?i)ledger(\\.word)?",
        1 => "[a-z]{201,400}|映{67,90}",
    ]
}

/// The examples that are refused, by what `verdict` tells of their class.
fn refused(verdict: fn(&HostileClass) -> Verdict) -> impl Strategy<Value = String> + Clone {
    let classes = CLASSES.iter().filter(|class| verdict(class) == Verdict::Refused);
    select(classes.flat_map(|class| class.examples).map(|name| (*name).to_owned()).collect::<Vec<_>>())
}
