//! Layers and rooms, and the imports that violate them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::sources::{Import, Sources};

/// Two files of one room that may import each other, because they belong together.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// The two files, relative to the source folder, such as `client/builder.rs`.
    pub files: [&'static str; 2],
    /// Why they need each other.
    pub reason: &'static str,
}

/// The layers of a crate.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The floors from the top down, each with its rooms.
    ///
    /// A room is a folder (`chat`) or a file without its extension (`lib`), relative to the source folder. A file
    /// belongs to the room with the longest matching name. Files of one room may import each other, but not in a
    /// cycle. A room may import anything from the layers below.
    pub floors: &'static [&'static [&'static str]],
    /// The pairs of files that may still import each other.
    pub pairs: &'static [Pair],
}

impl Plan {
    /// Lists all violations in `sources`, one sentence each. Empty if there are none.
    ///
    /// In addition to imports, this reports files without a room, rooms without a file, and unnecessary pairs.
    pub fn problems(&self, sources: &Sources) -> Vec<String> {
        let mut problems = self.unplaced(sources);
        let imports: Vec<&Import> = sources.imports().iter().collect();
        problems.extend(self.between_rooms(&imports));
        problems.extend(self.within_rooms(&imports));
        problems.extend(self.unused_pairs(&imports));
        problems
    }

    /// The layer of a file, counted from the top, and its room.
    fn place(&self, file: &str) -> Option<(usize, &'static str)> {
        let is_in = |room: &str| file.strip_prefix(room).is_some_and(|rest| rest.starts_with('/') || rest == ".rs");
        let rooms =
            self.floors.iter().enumerate().flat_map(|(floor, rooms)| rooms.iter().map(move |room| (floor, *room)));
        rooms.filter(|(_, room)| is_in(room)).max_by_key(|(_, room)| room.len())
    }

    fn unplaced(&self, sources: &Sources) -> Vec<String> {
        let unplaced = sources.files().filter(|file| self.place(file).is_none());
        let mut problems: Vec<String> = unplaced.map(|file| format!("{file} is in no room of the plan")).collect();
        let used: BTreeSet<&str> = sources.files().filter_map(|file| self.place(file)).map(|(_, room)| room).collect();
        let empty = self.floors.iter().copied().flatten().filter(|room| !used.contains(*room));
        problems.extend(empty.map(|room| format!("the plan has a room `{room}`, but no file is in it")));
        problems
    }

    /// Imports that point up or sideways.
    fn between_rooms(&self, imports: &[&Import]) -> Vec<String> {
        let placed = |import: &Import| Some((self.place(&import.from)?, self.place(&import.to)?));
        let mut rooms: Graph<'_> = Graph::new();
        for ((_, from), (_, to)) in imports.iter().filter_map(|import| placed(import)) {
            if from != to {
                rooms.entry(from).or_default().insert(to);
            }
        }
        let mut problems = Vec::new();
        for import in imports {
            let Some(((above, from), (below, to))) = placed(import) else { continue };
            let direction = match above.cmp(&below) {
                _ if from == to => continue,
                std::cmp::Ordering::Less => continue,
                std::cmp::Ordering::Equal => "sideways",
                std::cmp::Ordering::Greater => "up",
            };
            let circle =
                way(&rooms, to, from).map(|way| format!(" and closes the circle {from} → {}", way.join(" → ")));
            problems.push(format!("{import}, which points {direction}{}", circle.unwrap_or_default()));
        }
        problems
    }

    /// Cycles of files inside a room. The files of a pair count as one file.
    fn within_rooms(&self, imports: &[&Import]) -> Vec<String> {
        let mut names: BTreeMap<&str, &str> = BTreeMap::new();
        for Pair { files: [one, other], .. } in self.pairs {
            let to = names.get(one).copied().unwrap_or(one);
            let from = names.get(other).copied().unwrap_or(other);
            names.extend([(*one, to), (*other, to)]);
            names.values_mut().filter(|name| **name == from).for_each(|name| *name = to);
        }
        let named = |file| names.get(file).copied().unwrap_or(file);
        let inside = imports.iter().filter(|import| {
            let room = |file| self.place(file).map(|(_, room)| room);
            room(&import.from) == room(&import.to)
        });
        let mut known: Graph<'_> = Graph::new();
        for import in inside {
            let (from, to) = (named(import.from.as_str()), named(import.to.as_str()));
            if from != to {
                known.entry(from).or_default().insert(to);
            }
        }
        let mut seen = BTreeSet::new();
        let mut problems = Vec::new();
        for (from, targets) in &known {
            for to in targets {
                let Some(way) = way(&known, to, from) else { continue };
                let files: BTreeSet<&str> = way.iter().copied().collect();
                if seen.insert(files) {
                    problems.push(format!("these files of one room import each other: {from} → {}", way.join(" → ")));
                }
            }
        }
        problems
    }

    fn unused_pairs(&self, imports: &[&Import]) -> Vec<String> {
        let knows = |one: &str, other: &str| imports.iter().any(|import| import.from == one && import.to == other);
        let room = |file: &str| self.place(file).map(|(_, room)| room);
        let used = |[one, other]: [&str; 2]| knows(one, other) && knows(other, one) && room(one) == room(other);
        let unused = self.pairs.iter().filter(|pair| !used(pair.files));
        unused
            .map(|Pair { files: [one, other], .. }| format!("the exception for {one} and {other} is not needed"))
            .collect()
    }
}

/// The imports of each node.
type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The shortest path from one node to another, including both.
fn way<'a>(graph: &Graph<'a>, from: &'a str, to: &'a str) -> Option<Vec<&'a str>> {
    let mut came_from = BTreeMap::from([(from, None)]);
    let mut waiting = VecDeque::from([from]);
    while let Some(node) = waiting.pop_front() {
        if node == to {
            let mut way: Vec<&str> =
                std::iter::successors(Some(node), |node| came_from.get(node).copied().flatten()).collect();
            way.reverse();
            return Some(way);
        }
        for next in graph.get(node).into_iter().flatten() {
            if !came_from.contains_key(next) {
                came_from.insert(next, Some(node));
                waiting.push_back(next);
            }
        }
    }
    None
}
