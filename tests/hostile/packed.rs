//! Deflated data of any length in no time, and zips that say what is not so.

use flate2::{Compress, Compression, FlushCompress};

const CHUNK: usize = 1024 * 1024;

/// So many zeros, deflated, with nothing around them. A chunk is deflated once and stands there as often as it takes.
fn deflate_zeros(length: u64) -> Vec<u8> {
    let mut packer = Compress::new(Compression::best(), false);
    let chunk = run(&mut packer, &vec![0; CHUNK], FlushCompress::Full);
    let length = usize::try_from(length).expect("a length of this machine");
    let mut packed = chunk.repeat(length / CHUNK);
    let rest = length % CHUNK;
    packed.extend(run(&mut Compress::new(Compression::best(), false), &vec![0; rest], FlushCompress::Finish));
    packed
}

/// The same in the wrapper of a PDF's or a PNG's stream, with its checksum.
pub(crate) fn zlib_zeros(length: u64) -> Vec<u8> {
    // The first sum never grows, so that the second one counts the zeros.
    let sum = u32::try_from(length % 65_521).expect("less than the prime") << 16 | 1;
    [&[0x78, 0xda], deflate_zeros(length).as_slice(), &sum.to_be_bytes()].concat()
}

/// Any bytes in that wrapper.
pub(crate) fn zlib_of(bytes: &[u8]) -> Vec<u8> {
    run(&mut Compress::new(Compression::best(), true), bytes, FlushCompress::Finish)
}

fn run(packer: &mut Compress, bytes: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut packed = Vec::with_capacity(bytes.len() + 1024);
    packer.compress_vec(bytes, &mut packed, flush).expect("memory takes all");
    packed
}

/// One part of a zip, with what its headers say of it.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) packed: Vec<u8>,
    pub(crate) deflated: bool,
    pub(crate) locked: bool,
    pub(crate) length: u64,
    pub(crate) crc: u32,
}

impl Part {
    pub(crate) fn stored(name: &str, bytes: &[u8]) -> Part {
        let crc = crc32(bytes);
        Part {
            name: name.to_owned(),
            packed: bytes.to_vec(),
            deflated: false,
            locked: false,
            length: bytes.len() as u64,
            crc,
        }
    }

    pub(crate) fn deflated(name: &str, bytes: &[u8]) -> Part {
        let packed = run(&mut Compress::new(Compression::best(), false), bytes, FlushCompress::Finish);
        Part { packed, deflated: true, ..Part::stored(name, bytes) }
    }

    /// A bomb: `length` zeros. Its checksum is wrong, which nobody learns who stops in time.
    pub(crate) fn bomb(name: &str, length: u64) -> Part {
        Part { packed: deflate_zeros(length), deflated: true, length, ..Part::stored(name, b"") }
    }
}

/// A zip of these parts.
pub(crate) fn zip(parts: &[Part]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for part in parts {
        let at = file.len();
        file.extend(local_header(part));
        file.extend(&part.packed);
        directory.extend(directory_entry(part, at));
    }
    finish(file, &directory, parts.len())
}

/// One part under many names: the directory names the same bytes again and again.
pub(crate) fn zip_of_one_part_many_times(part: &Part, times: usize) -> Vec<u8> {
    let file = [local_header(part), part.packed.clone()].concat();
    let name = |index: usize| Part { name: format!("{}{index:05}", &part.name[..part.name.len() - 5]), ..part.clone() };
    let directory: Vec<u8> = (0..times).flat_map(|index| directory_entry(&name(index), 0)).collect();
    finish(file, &directory, times)
}

fn finish(mut file: Vec<u8>, directory: &[u8], parts: usize) -> Vec<u8> {
    let at = file.len();
    file.extend(directory);
    let count = u16::try_from(parts).unwrap_or(u16::MAX).to_le_bytes();
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([count, count].concat());
    file.extend(number(directory.len()));
    file.extend(number(at));
    file.extend([0, 0]);
    file
}

/// What both headers say: flags, method, time, day, checksum, lengths, length of the name.
fn facts(part: &Part) -> Vec<u8> {
    let method = if part.deflated { 8u16 } else { 0 };
    [
        &u16::from(part.locked).to_le_bytes()[..],
        &method.to_le_bytes(),
        &[0, 0, 0x21, 0],
        &part.crc.to_le_bytes(),
        &number(part.packed.len()),
        &u32::try_from(part.length).unwrap_or(u32::MAX).to_le_bytes(),
        &u16::try_from(part.name.len()).expect("a short name").to_le_bytes(),
    ]
    .concat()
}

fn local_header(part: &Part) -> Vec<u8> {
    [b"PK\x03\x04\x14\0", &facts(part)[..], &[0, 0], part.name.as_bytes()].concat()
}

fn directory_entry(part: &Part, at: usize) -> Vec<u8> {
    [b"PK\x01\x02\x14\0\x14\0", &facts(part)[..], &[0; 12], &number(at), part.name.as_bytes()].concat()
}

fn number(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("a file below 4 GiB").to_le_bytes()
}

/// The checksum of zips and PNGs.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}
