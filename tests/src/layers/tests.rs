use super::{Pair, Plan, Sources};

const PLAN: Plan = Plan { floors: &[&["lib"], &["left", "right"], &["low"]], pairs: &[] };

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    PLAN.problems(&Sources::from_texts(files))
}

/// A crate that fits the plan, with these texts in place of its own.
fn house(changed: &[(&str, &str)]) -> Vec<String> {
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

/// The one problem of a crate names both files and the direction.
#[track_caller]
fn fails(changed: &[(&str, &str)], from: &str, to: &str, direction: &str) {
    let problems = house(changed);
    let named = problems.iter().any(|problem| {
        problem.starts_with(&format!("{from} imports {to} ")) && problem.contains(&format!("points {direction}"))
    });
    assert!(named && problems.len() == 1, "{problems:#?}");
}

#[test]
fn imports_that_point_down_are_fine() {
    assert_eq!(house(&[]), Vec::<String>::new());
}

#[test]
fn an_import_that_points_up() {
    fails(&[("low.rs", "use crate::right; pub struct Error;")], "low.rs", "right.rs", "up");
}

#[test]
fn an_import_that_points_sideways() {
    fails(&[("right.rs", "use crate::left::Half;")], "right.rs", "left/half.rs", "sideways");
}

#[test]
fn a_circle_is_named_with_all_its_rooms() {
    let problems = house(&[
        ("low.rs", "use crate::right::Right; pub struct Error;"),
        ("right.rs", "use crate::low::Error; pub struct Right;"),
    ]);
    let [problem] = problems.as_slice() else { panic!("{problems:#?}") };
    assert!(problem.ends_with("points up and closes the circle low → right → low"), "{problem}");
}

#[test]
fn paths_in_code_count() {
    for code in [
        "fn f() { crate::left::Half; }",
        "fn f(half: Option<crate::left::half::Half>) {}",
        "fn f() { super::left::half::Half; }",
        "use crate::left; fn f() { left::Half; }",
        "fn f() { use crate::left::Half as Other; }",
        "fn f() { use crate::left::*; }",
    ] {
        assert!(!house(&[("right.rs", code)]).is_empty(), "{code}");
    }
}

#[test]
fn paths_in_macros_count() {
    for code in [
        "macro_rules! m { () => { $crate::left::Half }; }",
        "macro_rules! m { () => { crate::left::half::Half }; }",
        "macro_rules! m { () => { use $crate::left::{Half}; }; }",
        "fn f() { println!(\"{:?}\", crate::left::Half); }",
    ] {
        fails(&[("right.rs", code)], "right.rs", "left/half.rs", "sideways");
    }
}

#[test]
fn grouped_and_renamed_imports() {
    for code in [
        "use crate::{low::Error, left::{half::{self as part}}};",
        "use crate::{left::{half::Half as Part, half::Half as Other}};",
        "use super::left::Half;",
        "use super::left::half::*;",
    ] {
        let problems = house(&[("right.rs", code)]);
        assert!(problems.iter().all(|problem| problem.starts_with("right.rs imports left/half.rs")), "{problems:#?}");
        assert!(!problems.is_empty(), "{code}");
    }
}

#[test]
fn from_deep_inside_a_room() {
    for code in ["use super::super::right;", "mod inner { use super::super::super::right::Right; }"] {
        fails(&[("left/half.rs", &format!("{code} pub struct Half;"))], "left/half.rs", "right.rs", "sideways");
    }
}

#[test]
fn re_exports_lead_to_the_file_that_defines() {
    // Through the root, to another room and back down again.
    let root = "mod left; mod right; mod low; pub use left::Half; pub use low::Error as Mistake;";
    fails(&[("lib.rs", root), ("right.rs", "use crate::Half;")], "right.rs", "left/half.rs", "sideways");
    assert_eq!(house(&[("lib.rs", root), ("right.rs", "use crate::Mistake;")]), Vec::<String>::new());
    // What the root re-exports of another crate is nobody's import.
    let root = "mod left; mod right; mod low; pub use other_crate::types;";
    assert_eq!(house(&[("lib.rs", root), ("right.rs", "use crate::types::Thing;")]), Vec::<String>::new());
    // What the root defines itself is above everything.
    let root = "mod left; mod right; mod low; pub type Result<T> = std::result::Result<T, low::Error>;";
    fails(
        &[("lib.rs", root), ("right.rs", "use crate::Result;"), ("low.rs", "pub struct Error;")],
        "right.rs",
        "lib.rs",
        "up",
    );
    // A glob of the root leads on as well.
    let root = "mod left; mod right; mod low; pub use left::*;";
    fails(&[("lib.rs", root), ("right.rs", "use crate::Half;")], "right.rs", "left/half.rs", "sideways");
}

#[test]
fn code_for_tests_is_left_out() {
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
        assert_eq!(house(&[("right.rs", code)]), Vec::<String>::new(), "{code}");
    }
    let mixed = "struct S; impl S { #[cfg(test)] fn f() {} fn g() { crate::left::Half; } }";
    fails(&[("right.rs", mixed)], "right.rs", "left/half.rs", "sideways");
    fails(&[("right.rs", "#[cfg(not(test))] use crate::left::Half;")], "right.rs", "left/half.rs", "sideways");
}

const ROOM: [(&str, &str); 4] = [
    ("lib.rs", "mod room;"),
    ("room/mod.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
    ("room/a.rs", "use super::b::B; pub struct A;"),
    ("room/b.rs", "use super::A; pub struct B;"),
];

#[test]
fn two_files_of_a_room_that_import_each_other() {
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
fn a_longer_circle_of_a_room_goes_through_a_pair() {
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
fn a_module_knows_what_it_re_exports_only_if_it_uses_it() {
    const PLAN: Plan = Plan { floors: &[&["lib"], &["room"]], pairs: &[] };
    let files =
        |root| [("lib.rs", "mod room;"), ("room/mod.rs", root), ("room/a.rs", "use super::LIMIT; pub struct A;")];
    let hands_on = files("mod a; pub use a::A; pub const LIMIT: u8 = 1;");
    assert_eq!(PLAN.problems(&Sources::from_texts(&hands_on)), Vec::<String>::new());
    let uses = files("mod a; pub use a::A; pub const LIMIT: u8 = 1; fn f(_: A) {}");
    assert_eq!(PLAN.problems(&Sources::from_texts(&uses)).len(), 1);
}

#[test]
fn every_file_has_a_room_and_every_room_a_file() {
    let problems =
        problems(&[("lib.rs", "mod left; mod right; mod stray;"), ("left.rs", ""), ("right.rs", ""), ("stray.rs", "")]);
    assert_eq!(problems, ["stray.rs is in no room of the plan", "the plan has a room `low`, but no file is in it"]);
}
