//! An old workbook before it is parsed: the parser follows a circle of sectors until memory ends, and makes room for every
//! cell between the first and the last one.

use crate::document::damaged;
use crate::limits::Limits;
use crate::page::cell_name;
use claim::{Place, Problem, ProblemCode, Spot};

/// Sectors from here on are no sectors: the end of a chain, a free one, one of the table's own.
const FIRST_SPECIAL: u32 = 0xffff_fffa;
const HEADER: usize = 512;
const SMALL_SECTOR: usize = 64;

/// Whether every chain of sectors ends, and whether the cells of the workbook stay within the limits.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<(), Problem> {
    let broken = |what: &str| damaged("XLS", what);
    let file = Compound::open(bytes).ok_or_else(|| broken("a chain of sectors has no end"))?;
    let directory = file.large(file.word(48)).ok_or_else(|| broken("the directory has no end"))?;
    let entries: Vec<&[u8]> = directory.chunks_exact(128).collect();
    let container = entries.first().map_or(FIRST_SPECIAL, |root| word(root, 116));
    let small = file.large(container).ok_or_else(|| broken("the small sectors have no end"))?;
    for entry in entries.iter().filter(|entry| entry[66] == 2) {
        let (start, length) = (word(entry, 116), word(entry, 120));
        let stream = if length < file.word(56) {
            chain(&file.small_table, start, small.len() / SMALL_SECTOR)
                .map(|sectors| gather(&small, SMALL_SECTOR, 0, &sectors))
        } else {
            file.large(start)
        };
        let stream = stream.ok_or_else(|| broken("a stream has no end"))?;
        let name: Vec<u16> = entry[..64].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        let name = String::from_utf16_lossy(&name);
        if matches!(name.trim_end_matches('\0'), "Workbook" | "Book") {
            check_cells(&stream, limits)?;
        }
    }
    Ok(())
}

/// A compound file: its table says which sector follows which.
struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    table: Vec<u32>,
    small_table: Vec<u32>,
}

impl<'a> Compound<'a> {
    /// `None` if the table itself, or that of small sectors, goes round in a circle.
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let sector = match bytes.get(30) {
            Some(12) => 4096,
            _ => HEADER,
        };
        let mut file = Compound { bytes, sector, table: Vec::new(), small_table: Vec::new() };
        let most = file.sectors();
        // The header names the first sectors of the table, and further lists the rest.
        let mut of_table: Vec<u32> =
            bytes.get(76..HEADER).unwrap_or_default().chunks_exact(4).map(|w| word(w, 0)).collect();
        let mut list = file.word(68);
        let mut lists = 0;
        while list < FIRST_SPECIAL && file.at(list).is_some() {
            lists += 1;
            if lists > most {
                return None;
            }
            let words: Vec<u32> = file.at(list)?.chunks_exact(4).map(|w| word(w, 0)).collect();
            let (next, named) = words.split_last()?;
            of_table.extend(named);
            list = *next;
        }
        of_table.retain(|sector| *sector < FIRST_SPECIAL);
        of_table.truncate(most);
        let table = of_table.iter().filter_map(|sector| file.at(*sector)).flat_map(|part| part.chunks_exact(4));
        file.table = table.map(|w| word(w, 0)).collect();
        file.small_table = file.large(file.word(60))?.chunks_exact(4).map(|w| word(w, 0)).collect();
        Some(file)
    }

    fn word(&self, at: usize) -> u32 {
        word(self.bytes, at)
    }

    /// How many sectors the file has room for.
    fn sectors(&self) -> usize {
        self.bytes.len().div_ceil(self.sector)
    }

    fn at(&self, sector: u32) -> Option<&'a [u8]> {
        let from = (sector as usize).checked_add(1)?.checked_mul(self.sector)?;
        self.bytes.get(from..self.bytes.len().min(from.checked_add(self.sector)?)).filter(|part| !part.is_empty())
    }

    /// What a chain of sectors holds; `None` if it has no end. One that leads out of the file ends there.
    fn large(&self, start: u32) -> Option<Vec<u8>> {
        let sectors = chain(&self.table, start, self.sectors())?;
        Some(gather(self.bytes, self.sector, 1, &sectors))
    }
}

/// The sectors of a chain; `None` if there are more of them than sectors.
fn chain(table: &[u32], start: u32, most: usize) -> Option<Vec<u32>> {
    let mut sectors = Vec::new();
    let mut sector = start;
    while sector < FIRST_SPECIAL {
        if sectors.len() > most {
            return None;
        }
        sectors.push(sector);
        match table.get(sector as usize) {
            Some(next) => sector = *next,
            None => break,
        }
    }
    Some(sectors)
}

fn gather(bytes: &[u8], size: usize, skipped: usize, sectors: &[u32]) -> Vec<u8> {
    let mut gathered = Vec::new();
    for sector in sectors {
        let from = (*sector as usize).saturating_add(skipped).saturating_mul(size);
        gathered.extend(bytes.get(from..bytes.len().min(from.saturating_add(size))).unwrap_or_default());
    }
    gathered
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(FIRST_SPECIAL, |four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// Goes through the records of a workbook: cells with a value, and how many cells a sheet says that it has.
fn check_cells(stream: &[u8], limits: &Limits) -> Result<(), Problem> {
    let mut rest = stream;
    while let [k0, k1, l0, l1, after @ ..] = rest {
        let (kind, length) = (u16::from_le_bytes([*k0, *k1]), usize::from(u16::from_le_bytes([*l0, *l1])));
        let body = &after[..length.min(after.len())];
        rest = &after[body.len()..];
        let half = |at: usize| body.get(at..at + 2).map(|two| u32::from(u16::from_le_bytes([two[0], two[1]])));
        match kind {
            // FORMULA, RK, MULRK, LABEL, LABELSST, NUMBER, BOOLERR, RSTRING: row and column first.
            0x0006 | 0x027e | 0x00bd | 0x0204 | 0x00fd | 0x0203 | 0x0205 | 0x00d6 => {
                let last = if kind == 0x00bd { body.len().checked_sub(2).and_then(half) } else { half(2) };
                let (Some(row), Some(column)) = (half(0), last) else { continue };
                if row >= limits.rows || column >= limits.columns {
                    return Err(too_far(row, column, limits));
                }
            }
            // DIMENSIONS: the parser makes room for as many cells.
            0x0200 if body.len() >= 14 => {
                let rows = word(body, 4).saturating_sub(word(body, 0));
                let columns = half(10).unwrap_or(0).saturating_sub(half(8).unwrap_or(0));
                if u64::from(rows) * u64::from(columns) > 4 * u64::from(limits.cells) {
                    return Err(too_far(rows.saturating_sub(1), columns.saturating_sub(1), limits));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn too_far(row: u32, column: u32, limits: &Limits) -> Problem {
    let name = |row: u32, column: u32| cell_name(row as usize, column as usize);
    let spot = Spot { cell: Some(name(row, column)), ..Spot::default() };
    Problem::new(ProblemCode::TooLarge)
        .at(Place { spot, ..Place::default() })
        .with("found", name(row, column))
        .with("expected", name(limits.rows.saturating_sub(1), limits.columns.saturating_sub(1)))
}
