//! Sets the lines of a page anew, one under another, before the engine reads them.
//!
//! The engine takes a page for one column and makes lines of whatever stands level: a table beside an address whose rows
//! are a few pixels lower comes out as neither. It also reads digits in boxes one by one, and a seal as letters. So the
//! print is gathered into runs here, each run goes to a line of its own, wide gaps are narrowed, and what is no print is
//! left out. Where everything stood is kept, so that boxes can be given as on the page.

use super::engine::Set;
use super::plane::reduced;
use super::ruled::Ink;
use image::GrayImage;
use std::collections::{BTreeMap, BTreeSet};

/// Runs are looked for on a picture of half the size.
const BLOCK: u32 = 2;
/// Lighter is no ink, however dark it is for its surroundings.
const PALE: u8 = 215;
/// Half the side of the surroundings that ink is told from, in pixels of that picture.
const SURROUNDINGS: usize = 12;
/// Print is at most this many times as high as most of it; a seal's rim and a picture are higher.
const HIGHEST: usize = 5;
/// Two parts of a run share this much of the lower one's height.
const SHARED: f32 = 0.5;
/// They stand no farther apart than this, in heights of the higher one …
const APART: f32 = 0.7;
/// … and runs on one line are set on one line up to this distance, with a gap of at most the second number.
const ON_A_LINE: (f32, f32) = (7.0, 1.8);
/// Characters set one by one at equal distances (digits in boxes) come this near.
const CHARACTERS: f32 = 0.3;
/// How many pixels of the picture of half the size around ink go with it: its soft edges.
const EDGE: usize = 2;
/// More parts than any receipt has: then the page is read as it is.
const MOST_PARTS: usize = 20_000;

/// A box in pixels: left, top, right, bottom, the last two just outside.
type Bounds = [usize; 4];

/// Connected ink, and which run it belongs to.
struct Part {
    bounds: Bounds,
    label: u32,
}

/// Ink by connected part; 0 is paper.
struct Labels {
    width: usize,
    cells: Vec<u32>,
}

/// A run of print: where it is, and the labels of its parts.
#[derive(Clone)]
struct Run {
    bounds: Bounds,
    labels: Vec<u32>,
}

/// A page set anew.
pub(super) struct Reset {
    pub(super) image: GrayImage,
    lines: Vec<SetLine>,
}

/// A line as it was set.
struct SetLine {
    top: usize,
    bottom: usize,
    /// From left to right.
    runs: Vec<SetRun>,
}

/// A run: where it is now, and where it was.
struct SetRun {
    left: usize,
    from: Bounds,
}

impl Reset {
    /// The page with its lines one under another; as it is where nothing can be told apart.
    pub(super) fn of(page: &GrayImage) -> Reset {
        let (parts, mut labels) = parts(page);
        let runs = runs(&parts);
        if parts.len() > MOST_PARTS || runs.is_empty() {
            return Reset::as_it_is(page);
        }
        for _ in 0..EDGE {
            labels.grow();
        }
        set(page, &chained(runs), &labels)
    }

    /// The page as it came.
    pub(super) fn as_it_is(page: &GrayImage) -> Reset {
        Reset { image: page.clone(), lines: Vec::new() }
    }

    /// How the picture is set.
    pub(super) fn set(&self) -> Set {
        if self.lines.is_empty() { Set::AsItIs } else { Set::InLines }
    }

    /// Where on the page a box of the lines set anew stood.
    pub(super) fn place(&self, bounds: [f32; 4]) -> [f32; 4] {
        let middle = (bounds[1] + bounds[3]) / 2.0;
        let Some(line) = self.lines.iter().min_by(|a, b| away(a, middle).total_cmp(&away(b, middle))) else {
            return bounds;
        };
        // A box reaches a little beyond what it is drawn around, so the run is looked for inside of it.
        let inside = ((bounds[3] - bounds[1]) * 0.25).min((bounds[2] - bounds[0]) * 0.5);
        let run_at = |x: f32| line.runs.iter().rfind(|run| (run.left as f32) <= x).or(line.runs.first());
        let across = |x: f32, at: f32| run_at(at).map_or(x, |run| x - run.left as f32 + run.from[0] as f32);
        let shift = |y: f32| {
            let run = run_at(bounds[0] + inside);
            // Runs of a line stand on one middle.
            run.map_or(y, |run| y - (line.top + line.bottom) as f32 / 2.0 + (run.from[1] + run.from[3]) as f32 / 2.0)
        };
        let (left, right) = (across(bounds[0], bounds[0] + inside), across(bounds[2], bounds[2] - inside));
        [left, shift(bounds[1]), right.max(left), shift(bounds[3])]
    }
}

fn away(line: &SetLine, y: f32) -> f32 {
    (line.top as f32 - y).max(y - line.bottom as f32).max(0.0)
}

/// The connected parts of the ink that may be print.
fn parts(page: &GrayImage) -> (Vec<Part>, Labels) {
    let small = reduced(page, BLOCK);
    // A picture that is too small to be reduced is as it was.
    let block = if small.dimensions() == page.dimensions() { 1 } else { BLOCK as usize };
    let (width, height) = (small.width() as usize, small.height() as usize);
    let mut labels = Labels { width, cells: vec![0; width * height] };
    let mut parts: Vec<Part> = Vec::new();
    if block == 1 {
        return (parts, labels);
    }
    let dark = Ink::of(&small, SURROUNDINGS);
    let ink = |at: usize| dark.at(at % width, at / width) && small.as_raw()[at] < PALE;
    let mut open = Vec::new();
    for start in 0..labels.cells.len() {
        if labels.cells[start] != 0 || !ink(start) || parts.len() > MOST_PARTS {
            continue;
        }
        // Below the bound on parts and specks together, which the page's pixels give.
        let label = u32::try_from(start + 1).unwrap_or(u32::MAX);
        labels.cells[start] = label;
        open.push(start);
        let mut bounds: Bounds = [usize::MAX, usize::MAX, 0, 0];
        let mut count = 0;
        while let Some(at) = open.pop() {
            let (x, y) = (at % width, at / width);
            bounds = [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x + 1), bounds[3].max(y + 1)];
            count += 1;
            for ny in y.saturating_sub(1)..(y + 2).min(height) {
                for nx in x.saturating_sub(1)..(x + 2).min(width) {
                    let next = ny * width + nx;
                    if labels.cells[next] == 0 && ink(next) {
                        labels.cells[next] = label;
                        open.push(next);
                    }
                }
            }
        }
        if count >= 3 {
            parts.push(Part { bounds: bounds.map(|side| side * block), label });
        }
    }
    let mut heights: Vec<usize> =
        parts.iter().map(|part| part.bounds[3] - part.bounds[1]).filter(|high| *high >= 8).collect();
    heights.sort_unstable();
    let Some(&typical) = heights.get(heights.len() / 2) else { return (Vec::new(), labels) };
    parts.retain(|Part { bounds, .. }| {
        let (wide, high) = (bounds[2] - bounds[0], bounds[3] - bounds[1]);
        // What is left of a ruled line is long and thin, and so is the edge of a photo.
        high <= typical * HIGHEST && wide <= typical * HIGHEST * 2 && !(wide > typical * 3 && high * 8 < wide)
    });
    (parts, labels)
}

impl Labels {
    /// Lets every part grow by a cell into the paper around it.
    fn grow(&mut self) {
        let before = self.cells.clone();
        for at in 0..before.len() {
            if before[at] == 0 {
                let beside =
                    |near: Option<usize>| near.and_then(|near| before.get(near)).copied().filter(|cell| *cell != 0);
                let (x, up, down) = (at % self.width, at.checked_sub(self.width), Some(at + self.width));
                let found = beside(up)
                    .or_else(|| beside(down))
                    .or_else(|| beside(at.checked_sub(1).filter(|_| x > 0)))
                    .or_else(|| beside(Some(at + 1).filter(|_| x + 1 < self.width)));
                self.cells[at] = found.unwrap_or(0);
            }
        }
    }
}

fn height(bounds: &Bounds) -> f32 {
    (bounds[3] - bounds[1]) as f32
}

/// Whether two boxes stand level: they share enough of the lower one's height.
fn level(a: &Bounds, b: &Bounds) -> bool {
    let shared = a[3].min(b[3]) as f32 - a[1].max(b[1]) as f32;
    shared >= SHARED * height(a).min(height(b))
}

/// How far apart two boxes stand sideways.
fn gap(a: &Bounds, b: &Bounds) -> f32 {
    (a[0].max(b[0]) as f32 - a[2].min(b[2]) as f32).max(0.0)
}

/// The parts gathered into runs of print without a wide gap.
fn runs(parts: &[Part]) -> Vec<Run> {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| parts[*at].bounds[0]);
    let mut parent: Vec<usize> = (0..parts.len()).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    let widest = parts.iter().map(|part| part.bounds[3] - part.bounds[1]).max().unwrap_or(0) as f32 * APART;
    for (i, &a) in order.iter().enumerate() {
        for &b in &order[i + 1..] {
            let (one, other) = (&parts[a].bounds, &parts[b].bounds);
            // Sorted by their left edges, so none that follows comes nearer.
            if other[0] as f32 - one[2] as f32 > widest {
                break;
            }
            let higher = height(one).max(height(other));
            // Commas and the strokes of ニ or 三 are low; what they stand beside is what counts.
            let reach = higher.max(8.0) * APART;
            if level(one, other) && gap(one, other) <= reach {
                let (a, b) = (root(&mut parent, a), root(&mut parent, b));
                parent[a] = b;
            }
        }
    }
    let mut whole: BTreeMap<usize, Run> = BTreeMap::new();
    for (at, part) in parts.iter().enumerate() {
        let root = root(&mut parent, at);
        let run = whole.entry(root).or_insert_with(|| Run { bounds: part.bounds, labels: Vec::new() });
        run.bounds = around(&run.bounds, &part.bounds);
        run.labels.push(part.label);
    }
    // The strokes of one character may lie over one another without being level with anything (三, 二).
    let mut runs: Vec<Run> = whole.into_values().collect();
    loop {
        let inside = runs.iter().enumerate().find_map(|(i, one)| {
            let a = &one.bounds;
            let over = |other: &Run| {
                let b = &other.bounds;
                let across = a[2].min(b[2]) as f32 - a[0].max(b[0]) as f32;
                let apart = a[1].max(b[1]) as f32 - a[3].min(b[3]) as f32;
                let wide = ((a[2] - a[0]).max(b[2] - b[0])) as f32;
                let flat = height(a).min(height(b)) < 0.35 * wide && wide < 60.0;
                // The halves of a character that stands alone (合 in 「合　計」): few strokes, one over the other's middle,
                // together a square.
                let off_middle = (a[0] + a[2]).abs_diff(b[0] + b[2]) as f32 / 2.0;
                let square = (0.75..=1.33).contains(&(height(&around(a, b)) / wide));
                let half = one.labels.len() <= 2 && other.labels.len() <= 2 && square && off_middle < 0.1 * wide;
                across >= 0.6 * ((a[2] - a[0]).min(b[2] - b[0])) as f32
                    && (flat && apart < 0.35 * wide || half && wide < 120.0 && apart < 0.25 * wide)
            };
            runs.iter().enumerate().skip(i + 1).find(|(_, other)| over(other)).map(|(j, _)| (i, j))
        });
        let Some((i, j)) = inside else { break };
        // `j` is behind `i`, which stays where it is.
        let other = runs.swap_remove(j);
        runs[i].bounds = around(&runs[i].bounds, &other.bounds);
        runs[i].labels.extend(other.labels);
    }
    runs.retain(|run| height(&run.bounds) >= 6.0);
    runs
}

fn around(a: &Bounds, b: &Bounds) -> Bounds {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// Runs that stand on one line, in chains, from the top.
fn chained(mut runs: Vec<Run>) -> Vec<Vec<Run>> {
    runs.sort_by_key(|run| run.bounds[0]);
    let mut lines: Vec<Vec<Run>> = Vec::new();
    for run in runs {
        let to = |line: &[Run]| line.last().map_or(f32::MAX, |last| gap(&last.bounds, &run.bounds));
        let fits = |line: &Vec<Run>| {
            line.last().is_some_and(|Run { bounds: last, .. }| {
                let (a, b) = (height(last), height(&run.bounds));
                let shared = last[3].min(run.bounds[3]) as f32 - last[1].max(run.bounds[1]) as f32;
                let alike = a.max(b) <= 1.8 * a.min(b);
                let behind = last[2] <= run.bounds[0];
                behind && alike && shared >= 0.7 * a.min(b) && to(line) <= ON_A_LINE.0 * a.max(b)
            })
        };
        let nearest =
            (0..lines.len()).filter(|at| fits(&lines[*at])).min_by(|a, b| to(&lines[*a]).total_cmp(&to(&lines[*b])));
        match nearest {
            Some(at) => lines[at].push(run),
            None => lines.push(vec![run]),
        }
    }
    lines.sort_by_key(|line| line.iter().map(|run| run.bounds[1] + run.bounds[3]).sum::<usize>() / line.len().max(1));
    lines
}

/// The gap before each run but the first, as it is set.
fn gaps(line: &[Bounds]) -> Vec<f32> {
    let narrow = |run: &Bounds| ((run[2] - run[0]) as f32) <= 1.25 * height(run);
    let middle = |run: &Bounds| (run[0] + run[2]) as f32 / 2.0;
    let pitches: Vec<f32> = line.windows(2).map(|pair| middle(&pair[1]) - middle(&pair[0])).collect();
    (0..line.len().saturating_sub(1))
        .map(|at| {
            let (a, b) = (&line[at], &line[at + 1]);
            let high = height(a).max(height(b));
            // At least three characters at equal distances.
            let even = |other: Option<&f32>| other.is_some_and(|other| (other - pitches[at]).abs() < 0.2 * pitches[at]);
            let spaced = narrow(a)
                && narrow(b)
                && pitches[at] < 3.2 * high
                && (even(pitches.get(at + 1)) && line.get(at + 2).is_some_and(narrow)
                    || at > 0 && even(pitches.get(at - 1)) && narrow(&line[at - 1]));
            gap(a, b).min(high * if spaced { CHARACTERS } else { ON_A_LINE.1 })
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths in pixels, positive")]
fn set(page: &GrayImage, lines: &[Vec<Run>], labels: &Labels) -> Reset {
    const AROUND: usize = 30;
    let mut set_lines = Vec::with_capacity(lines.len());
    let (mut top, mut widest) = (AROUND, 0);
    for line in lines {
        let bounds: Vec<Bounds> = line.iter().map(|run| run.bounds).collect();
        let high = bounds.iter().map(height).fold(0.0, f32::max);
        let mut left = AROUND;
        let mut runs = Vec::with_capacity(line.len());
        let gaps = gaps(&bounds);
        for (at, from) in bounds.iter().enumerate() {
            if at > 0 {
                left += gaps[at - 1] as usize;
            }
            runs.push(SetRun { left, from: *from });
            left += from[2] - from[0];
        }
        widest = widest.max(left);
        let bottom = top + high as usize;
        set_lines.push(SetLine { top, bottom, runs });
        top = bottom + (high * 0.8) as usize + 8;
    }
    let (width, tall) = (widest + AROUND, top + AROUND);
    let mut out = vec![255u8; width * tall];
    let (page_width, page_height) = (page.width() as usize, page.height() as usize);
    let (block, edge) = (BLOCK as usize, EDGE * BLOCK as usize);
    let mut own = BTreeSet::new();
    for (line, from) in set_lines.iter().zip(lines) {
        for (run, print) in line.runs.iter().zip(from) {
            own.clear();
            own.extend(print.labels.iter().copied());
            let [left, from_top, right, bottom] = run.from;
            // Runs of a line stand on one middle.
            let begin = ((line.top + line.bottom) as f32 / 2.0 - height(&run.from) / 2.0).max(0.0) as usize;
            for y in from_top.saturating_sub(edge)..(bottom + edge).min(page_height) {
                let target = (begin + y).saturating_sub(from_top) * width;
                for x in left.saturating_sub(edge)..(right + edge).min(page_width) {
                    let (column, row) = (x / block, y / block);
                    let label = labels.cells.get(row * labels.width + column).copied().unwrap_or(0);
                    // Where a seal or a line crosses, what belongs to neither stays behind.
                    if label != 0 && column < labels.width && own.contains(&label) {
                        let at = target + (run.left + x).saturating_sub(left);
                        if let Some(pixel) = out.get_mut(at) {
                            *pixel = page.as_raw()[y * page_width + x];
                        }
                    }
                }
            }
        }
    }
    // The buffer was made for exactly this size, and both sides are far below 32 bits.
    let image = GrayImage::from_raw(width as u32, tall as u32, out).unwrap_or_default();
    Reset { image, lines: set_lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(boxes: &[Bounds]) -> GrayImage {
        GrayImage::from_fn(800, 400, |x, y| {
            let (x, y) = (x as usize, y as usize);
            let inside = |b: &Bounds| (b[0]..b[2]).contains(&x) && (b[1]..b[3]).contains(&y);
            image::Luma([if boxes.iter().any(inside) { 0 } else { 255 }])
        })
    }

    /// A word of square characters.
    fn word(left: usize, top: usize, characters: usize) -> Vec<Bounds> {
        (0..characters).map(|n| [left + n * 26, top, left + n * 26 + 20, top + 20]).collect()
    }

    #[test]
    fn columns_at_different_heights_become_lines_of_their_own() {
        let boxes: Vec<Bounds> = [word(20, 100, 5), word(20, 140, 5), word(500, 112, 5)].concat();
        let reset = Reset::of(&page(&boxes));
        assert_eq!(reset.lines.len(), 3);
        for pair in reset.lines.windows(2) {
            assert!(pair[0].bottom < pair[1].top);
        }
    }

    #[test]
    fn what_is_set_anew_is_found_where_it_stood() {
        let boxes: Vec<Bounds> = [word(20, 100, 4), word(300, 100, 3), word(40, 200, 6)].concat();
        let reset = Reset::of(&page(&boxes));
        for line in &reset.lines {
            for run in &line.runs {
                let (left, right) = (run.left as f32, (run.left + run.from[2] - run.from[0]) as f32);
                let placed = reset.place([left, line.top as f32, right, line.bottom as f32]);
                for (found, stood) in placed.iter().zip(run.from) {
                    assert!((found - stood as f32).abs() <= 1.0, "{placed:?} {:?}", run.from);
                }
            }
        }
    }

    #[test]
    fn digits_in_boxes_come_together_and_columns_do_not() {
        let digits: Vec<Bounds> = (0..5).map(|n| [100 + n * 60, 100, 118 + n * 60, 130]).collect();
        assert!(gaps(&digits).iter().all(|gap| *gap < 10.0));
        let columns = [[20, 100, 120, 120], [300, 100, 360, 120], [520, 100, 560, 120]];
        assert!(gaps(&columns).iter().all(|gap| *gap > 20.0));
    }

    #[test]
    fn a_page_without_print_stays_as_it_is() {
        let blank = GrayImage::from_pixel(50, 50, image::Luma([255]));
        assert_eq!(Reset::of(&blank).image, blank);
        assert!(Reset::of(&GrayImage::new(1, 1)).lines.is_empty());
        let same = Reset::of(&blank).place([1.0, 2.0, 3.0, 4.0]);
        assert!(same.iter().zip([1.0, 2.0, 3.0, 4.0f32]).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
