//! 3D objects: a cube in a color that depends on the prompt, as a GLB or PLY file.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

/// The sides of a cube: the normal of each, and two directions along it. The cross product of the directions is the
/// normal, so that triangles are counter-clockwise from outside (glTF 2.0, section 3.7.2.1).
const SIDES: [[[f32; 3]; 3]; 6] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]],
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]],
    [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
    [[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
];

/// Component types and targets (glTF 2.0, sections 5.1.3 and 5.11.5).
const FLOAT: u32 = 5126;
const UNSIGNED_SHORT: u32 = 5123;
const ARRAY_BUFFER: u32 = 34962;
const ELEMENT_ARRAY_BUFFER: u32 = 34963;

/// What determines an object.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    /// The prompt and the images.
    pub(crate) subject: &'a str,
    pub(crate) seed: i64,
    /// The number of squares along an edge: a power of two, so that all coordinates are exact.
    pub(crate) detail: u16,
}

/// A vertex: its position and its normal.
struct Vertex {
    place: [f32; 3],
    normal: [f32; 3],
}

impl Object<'_> {
    /// Red, green and blue, each from 0 to 1.
    fn colour(&self) -> [f32; 3] {
        let mut hasher = DefaultHasher::new();
        (self.subject, self.seed).hash(&mut hasher);
        let [red, green, blue, ..] = hasher.finish().to_be_bytes();
        [red, green, blue].map(|part| f32::from(part) / 255.0)
    }

    fn vertices(&self) -> Vec<Vertex> {
        let along = |step: u16| f32::from(step) * 2.0 / f32::from(self.detail) - 1.0;
        let mut vertices = Vec::new();
        for [normal, first, second] in SIDES {
            for (row, column) in (0..=self.detail).flat_map(|row| (0..=self.detail).map(move |column| (row, column))) {
                let place = |axis: usize| normal[axis] + first[axis] * along(row) + second[axis] * along(column);
                vertices.push(Vertex { place: [place(0), place(1), place(2)], normal });
            }
        }
        vertices
    }

    /// Two triangles for each square.
    fn triangles(&self) -> Vec<[u16; 3]> {
        let row_length = self.detail + 1;
        let mut triangles = Vec::new();
        for side in 0..6 {
            for (row, column) in (0..self.detail).flat_map(|row| (0..self.detail).map(move |column| (row, column))) {
                let corner = side * row_length * row_length + row * row_length + column;
                let (down, right, across) = (corner + row_length, corner + 1, corner + row_length + 1);
                triangles.extend([[corner, down, across], [corner, across, right]]);
            }
        }
        triangles
    }

    /// The object as a GLB file (glTF 2.0, section 4).
    pub(crate) fn glb(&self) -> Vec<u8> {
        let (vertices, triangles) = (self.vertices(), self.triangles());
        let places: Vec<u8> = vertices.iter().flat_map(|vertex| floats(&vertex.place)).collect();
        let normals: Vec<u8> = vertices.iter().flat_map(|vertex| floats(&vertex.normal)).collect();
        let indices: Vec<u8> = triangles.iter().flatten().flat_map(|index| index.to_le_bytes()).collect();
        let [red, green, blue] = self.colour();
        let views = json!([
            { "buffer": 0, "byteOffset": 0, "byteLength": places.len(), "target": ARRAY_BUFFER },
            { "buffer": 0, "byteOffset": places.len(), "byteLength": normals.len(), "target": ARRAY_BUFFER },
            {
                "buffer": 0,
                "byteOffset": places.len() + normals.len(),
                "byteLength": indices.len(),
                "target": ELEMENT_ARRAY_BUFFER,
            },
        ]);
        let accessors = json!([
            {
                "bufferView": 0,
                "componentType": FLOAT,
                "count": vertices.len(),
                "type": "VEC3",
                "min": [-1.0, -1.0, -1.0],
                "max": [1.0, 1.0, 1.0],
            },
            { "bufferView": 1, "componentType": FLOAT, "count": vertices.len(), "type": "VEC3" },
            { "bufferView": 2, "componentType": UNSIGNED_SHORT, "count": triangles.len() * 3, "type": "SCALAR" },
        ]);
        let binary = padded([places, normals, indices].concat(), 0);
        let scene = json!({
            "asset": { "version": "2.0", "generator": "pollinations-emulator" },
            "scene": 0,
            "scenes": [{ "nodes": [0] }],
            "nodes": [{ "mesh": 0, "name": "object" }],
            "meshes": [{
                "primitives": [{ "attributes": { "POSITION": 0, "NORMAL": 1 }, "indices": 2, "material": 0 }],
            }],
            "materials": [{
                "pbrMetallicRoughness": { "baseColorFactor": [red, green, blue, 1.0], "metallicFactor": 0.0 },
            }],
            "buffers": [{ "byteLength": binary.len() }],
            "bufferViews": views,
            "accessors": accessors,
        });
        container(&scene, &binary)
    }

    /// The object as Gaussian splats in a binary PLY file, in the layout of 3D Gaussian Splatting: the position, the
    /// color as spherical harmonics of degree 0, the logarithm of the scale, and the rotation as a quaternion.
    pub(crate) fn ply(&self) -> Vec<u8> {
        const PROPERTIES: &[&str] = &[
            "x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2", "opacity", "scale_0", "scale_1", "scale_2",
            "rot_0", "rot_1", "rot_2", "rot_3",
        ];
        // The spherical harmonic of degree 0, 1 / (2 √π).
        const HARMONIC: f32 = 0.282_094_8;
        let vertices = self.vertices();
        let mut file =
            format!("ply\nformat binary_little_endian 1.0\nelement vertex {}\n", vertices.len()).into_bytes();
        for property in PROPERTIES {
            file.extend_from_slice(format!("property float {property}\n").as_bytes());
        }
        file.extend_from_slice(b"end_header\n");
        let colour = self.colour().map(|part| (part - 0.5) / HARMONIC);
        let scale = (1.0 / f32::from(self.detail)).ln();
        for vertex in vertices {
            file.extend(floats(&vertex.place));
            file.extend(floats(&vertex.normal));
            file.extend(floats(&colour));
            file.extend(floats(&[4.0, scale, scale, scale, 1.0, 0.0, 0.0, 0.0]));
        }
        file
    }
}

fn floats(numbers: &[f32]) -> impl Iterator<Item = u8> + '_ {
    numbers.iter().flat_map(|number| number.to_le_bytes())
}

/// A header and two chunks: the scene as JSON, and its binary buffer.
fn container(scene: &Value, binary: &[u8]) -> Vec<u8> {
    let scene = padded(scene.to_string().into_bytes(), b' ');
    let length = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let total = 12 + 8 + scene.len() + 8 + binary.len();
    [
        &b"glTF"[..],
        &2_u32.to_le_bytes(),
        &length(total),
        &length(scene.len()),
        b"JSON",
        &scene,
        &length(binary.len()),
        b"BIN\0",
        binary,
    ]
    .concat()
}

/// Pads a chunk to a multiple of four bytes.
fn padded(mut bytes: Vec<u8>, with: u8) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(4), with);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(bytes: &[u8], at: usize) -> usize {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
    }

    #[test]
    fn a_glb_has_correct_lengths_counts_and_normals() {
        for detail in [1, 2, 4] {
            let object = Object { subject: "a chair", seed: 1, detail };
            let glb = object.glb();
            assert_eq!((&glb[..4], word(&glb, 4), word(&glb, 8)), (&b"glTF"[..], 2, glb.len()));
            let scene_length = word(&glb, 12);
            let scene: Value = serde_json::from_slice(&glb[20..20 + scene_length]).unwrap();
            assert_eq!(word(&glb, 20 + scene_length), scene["buffers"][0]["byteLength"].as_u64().unwrap() as usize);
            assert_eq!(glb.len() % 4, 0);
            let vertices = object.vertices();
            assert_eq!(scene["accessors"][0]["count"], vertices.len());
            for triangle in object.triangles() {
                let [a, b, c] = triangle.map(|index| vertices[usize::from(index)].place);
                let [u, v] = [b, c].map(|corner| [corner[0] - a[0], corner[1] - a[1], corner[2] - a[2]]);
                let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
                let normal = vertices[usize::from(triangle[0])].normal;
                let outward: f32 = cross.iter().zip(normal).map(|(one, other)| one * other).sum();
                assert!(outward > 0.0, "{triangle:?} faces inward");
            }
            for axis in 0..3 {
                let along = vertices.iter().map(|vertex| vertex.place[axis]);
                assert_eq!(along.clone().fold(f32::MAX, f32::min), -1.0);
                assert_eq!(along.fold(f32::MIN, f32::max), 1.0);
            }
        }
    }

    #[test]
    fn a_ply_has_the_length_given_in_its_header() {
        let object = Object { subject: "a chair", seed: 1, detail: 2 };
        let ply = object.ply();
        let end = ply.windows(11).position(|part| part == b"end_header\n").unwrap() + 11;
        let header = std::str::from_utf8(&ply[..end]).unwrap();
        assert!(header.starts_with("ply\nformat binary_little_endian 1.0\nelement vertex 54\n"), "{header}");
        let properties = header.matches("property float ").count();
        assert_eq!(ply.len() - end, 54 * properties * 4);
    }

    #[test]
    fn a_different_prompt_or_seed_gives_a_different_object() {
        let glb = |subject, seed| Object { subject, seed, detail: 1 }.glb();
        assert_eq!(glb("a chair", 1), glb("a chair", 1));
        assert_ne!(glb("a chair", 1), glb("a table", 1));
        assert_ne!(glb("a chair", 1), glb("a chair", 2));
    }
}
