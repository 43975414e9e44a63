use super::{Pair, Plan, Sources};

const PLAN: Plan = Plan { floors: &[&["lib"], &["left", "right"], &["low"]], pairs: &[] };

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    PLAN.problems(&Sources::from_texts(files))
}

/// The problems of a crate that fits the plan, after some of its files were replaced.
fn problems_after(changed: &[(&str, &str)]) -> Vec<String> {
    let mut files = vec![
        ("lib.rs", "mod left; mod right; mod low; pub use low::Error;"),
        ("left/mod.rs", "mod half; use crate::low::Error; pub use half::Half;"),
        ("left/half.rs", "pub struct Half;"),
        ("right.rs", "use crate::Error;"),
        ("low.rs", "pub struct Error;"),
    ];
    for (name, text) in changed {
        match files.iter_mut().find(|(file, _)| file == name) {
            Some(file) => file.1 = text,
            None => files.push((name, text)),
        }
    }
    problems(&files)
}

/// Checks that there is exactly one problem, which names both files and the direction.
#[track_caller]
fn assert_problem(changed: &[(&str, &str)], from: &str, to: &str, direction: &str) {
    let problems = problems_after(changed);
    let named = problems.iter().any(|problem| {
        problem.starts_with(&format!("{from} imports {to} ")) && problem.contains(&format!("points {direction}"))
    });
    assert!(named && problems.len() == 1, "{problems:#?}");
}

#[test]
fn imports_that_point_down_are_allowed() {
    assert_eq!(problems_after(&[]), Vec::<String>::new());
}

#[test]
fn an_import_that_points_up_is_a_problem() {
    assert_problem(&[("low.rs", "use crate::right; pub struct Error;")], "low.rs", "right.rs", "up");
}

#[test]
fn an_item_with_the_name_of_its_crate_can_be_imported() {
    let changed = [
        ("low.rs", "use memchr::memchr; pub struct Error; fn f() { memchr(); }"),
        ("right.rs", "use one::two; use two::one; fn f() { one::two(); two::one(); }"),
    ];
    assert_eq!(problems_after(&changed), Vec::<String>::new());
}

#[test]
fn an_import_that_points_sideways_is_a_problem() {
    assert_problem(&[("right.rs", "use crate::left::Half;")], "right.rs", "left/half.rs", "sideways");
}

#[test]
fn a_cycle_is_reported_with_all_its_rooms() {
    let problems = problems_after(&[
        ("low.rs", "use crate::right::Right; pub struct Error;"),
        ("right.rs", "use crate::low::Error; pub struct Right;"),
    ]);
    let [problem] = problems.as_slice() else { panic!("{problems:#?}") };
    assert!(problem.ends_with("points up and closes the circle low → right → low"), "{problem}");
}

#[test]
fn paths_in_code_count_as_imports() {
    for code in [
        "fn f() { crate::left::Half; }",
        "fn f(half: Option<crate::left::half::Half>) {}",
        "fn f() { super::left::half::Half; }",
        "use crate::left; fn f() { left::Half; }",
        "fn f() { use crate::left::Half as Other; }",
        "fn f() { use crate::left::*; }",
    ] {
        assert!(!problems_after(&[("right.rs", code)]).is_empty(), "{code}");
    }
}

#[test]
fn paths_in_macros_count_as_imports() {
    for code in [
        "macro_rules! m { () => { $crate::left::Half }; }",
        "macro_rules! m { () => { crate::left::half::Half }; }",
        "macro_rules! m { () => { use $crate::left::{Half}; }; }",
        "fn f() { println!(\"{:?}\", crate::left::Half); }",
    ] {
        assert_problem(&[("right.rs", code)], "right.rs", "left/half.rs", "sideways");
    }
}

#[test]
fn grouped_and_renamed_imports_are_found() {
    for code in [
        "use crate::{low::Error, left::{half::{self as part}}};",
        "use crate::{left::{half::Half as Part, half::Half as Other}};",
        "use super::left::Half;",
        "use super::left::half::*;",
    ] {
        let problems = problems_after(&[("right.rs", code)]);
        assert!(problems.iter().all(|problem| problem.starts_with("right.rs imports left/half.rs")), "{problems:#?}");
        assert!(!problems.is_empty(), "{code}");
    }
}

#[test]
fn imports_from_nested_modules_are_resolved() {
    for code in ["use super::super::right;", "mod inner { use super::super::super::right::Right; }"] {
        assert_problem(
            &[("left/half.rs", &format!("{code} pub struct Half;"))],
            "left/half.rs",
            "right.rs",
            "sideways",
        );
    }
}

#[test]
fn re_exports_are_resolved_to_the_defining_file() {
    // A re-export by the root leads to another room, or to a lower floor.
    let root = "mod left; mod right; mod low; pub use left::Half; pub use low::Error as Mistake;";
    assert_problem(&[("lib.rs", root), ("right.rs", "use crate::Half;")], "right.rs", "left/half.rs", "sideways");
    assert_eq!(problems_after(&[("lib.rs", root), ("right.rs", "use crate::Mistake;")]), Vec::<String>::new());
    // A re-export of another crate's item is not an import of a file.
    let root = "mod left; mod right; mod low; pub use other_crate::types;";
    assert_eq!(problems_after(&[("lib.rs", root), ("right.rs", "use crate::types::Thing;")]), Vec::<String>::new());
    // An item that the root itself defines is on the top floor.
    let root = "mod left; mod right; mod low; pub type Result<T> = std::result::Result<T, low::Error>;";
    assert_problem(
        &[("lib.rs", root), ("right.rs", "use crate::Result;"), ("low.rs", "pub struct Error;")],
        "right.rs",
        "lib.rs",
        "up",
    );
    // A glob re-export is followed too.
    let root = "mod left; mod right; mod low; pub use left::*;";
    assert_problem(&[("lib.rs", root), ("right.rs", "use crate::Half;")], "right.rs", "left/half.rs", "sideways");
}

#[test]
fn code_under_cfg_test_is_ignored() {
    for code in [
        "#[cfg(test)] mod tests { use crate::left::Half; }",
        "#[cfg(test)] use crate::left::Half;",
        "#[cfg(all(test, unix))] fn f() { crate::left::Half; }",
        "struct S; impl S { #[cfg(test)] fn f<A, B>() { crate::left::Half; } }",
        "fn f() { #[cfg(test)] let half = crate::left::Half; }",
        "#[cfg(test)] mod missing;",
        "pub(in crate::right) fn f() {}",
        "/// See [`crate::left::Half`].\nfn f() {}",
    ] {
        assert_eq!(problems_after(&[("right.rs", code)]), Vec::<String>::new(), "{code}");
    }
    let mixed = "struct S; impl S { #[cfg(test)] fn f() {} fn g() { crate::left::Half; } }";
    assert_problem(&[("right.rs", mixed)], "right.rs", "left/half.rs", "sideways");
    assert_problem(&[("right.rs", "#[cfg(not(test))] use crate::left::Half;")], "right.rs", "left/half.rs", "sideways");
}

const ROOM: [(&str, &str); 4] = [
    ("lib.rs", "mod room;"),
    ("room/mod.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
    ("room/a.rs", "use super::b::B; pub struct A;"),
    ("room/b.rs", "use super::A; pub struct B;"),
];

#[test]
fn files_of_a_room_that_import_each_other_need_an_exception() {
    const OPEN: Plan = Plan { floors: &[&["lib"], &["room"]], pairs: &[] };
    let problems = OPEN.problems(&Sources::from_texts(&ROOM));
    assert_eq!(problems, ["these files of one room import each other: room/a.rs → room/b.rs → room/a.rs"]);

    const PAIRED: Plan =
        Plan { floors: OPEN.floors, pairs: &[Pair { files: ["room/b.rs", "room/a.rs"], reason: "two halves" }] };
    assert_eq!(PAIRED.problems(&Sources::from_texts(&ROOM)), Vec::<String>::new());

    let mut parted = ROOM;
    parted[3].1 = "pub struct B;";
    let problems = PAIRED.problems(&Sources::from_texts(&parted));
    assert_eq!(problems, ["the exception for room/b.rs and room/a.rs is not needed"]);
}

#[test]
fn a_longer_cycle_through_an_excepted_pair_is_a_problem() {
    const PLAN: Plan = Plan {
        floors: &[&["lib"], &["room"]],
        pairs: &[Pair { files: ["room/a.rs", "room/b.rs"], reason: "two halves" }],
    };
    let mut files = ROOM.to_vec();
    files[1].1 = "mod a; mod b; mod c; pub use a::A;";
    files[3].1 = "use super::{a::A, c::C}; pub struct B;";
    files.push(("room/c.rs", "use super::a::A; pub struct C;"));
    let problems = PLAN.problems(&Sources::from_texts(&files));
    assert_eq!(problems, ["these files of one room import each other: room/a.rs → room/c.rs → room/a.rs"]);
}

#[test]
fn a_re_export_counts_as_an_import_only_if_the_module_uses_it() {
    const PLAN: Plan = Plan { floors: &[&["lib"], &["room"]], pairs: &[] };
    let files =
        |root| [("lib.rs", "mod room;"), ("room/mod.rs", root), ("room/a.rs", "use super::LIMIT; pub struct A;")];
    let re_exports = files("mod a; pub use a::A; pub const LIMIT: u8 = 1;");
    assert_eq!(PLAN.problems(&Sources::from_texts(&re_exports)), Vec::<String>::new());
    let uses = files("mod a; pub use a::A; pub const LIMIT: u8 = 1; fn f(_: A) {}");
    assert_eq!(PLAN.problems(&Sources::from_texts(&uses)).len(), 1);
}

#[test]
fn files_without_a_room_and_rooms_without_a_file_are_problems() {
    let problems =
        problems(&[("lib.rs", "mod left; mod right; mod stray;"), ("left.rs", ""), ("right.rs", ""), ("stray.rs", "")]);
    assert_eq!(problems, ["stray.rs is in no room of the plan", "the plan has a room `low`, but no file is in it"]);
}
