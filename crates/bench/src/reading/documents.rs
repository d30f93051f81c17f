//! The documents of a set: every layout in every form and condition, drawn once into a folder and kept there.

use super::invented::{self, Layout, Set, Truth};
use anyhow::{Context, Result};
use indicatif::ProgressBar;
use papers::{Drawer, Medium, Paper, Photo, Scan, Seal, Typesetter};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a document went through before it came to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Condition {
    /// A PDF with text.
    Digital,
    /// Pixels at 200 dpi, straight and nearly without noise.
    Clean,
    /// A scanner's work: 200 dpi, a little askew, noise, blur.
    Scan,
    /// A telephone's: tilt, perspective, shadow, blur, JPEG 40.
    Photo,
}

impl Condition {
    pub(crate) const ALL: [Condition; 4] = [Condition::Digital, Condition::Clean, Condition::Scan, Condition::Photo];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Condition::Digital => "born digital",
            Condition::Clean => "clean 200 dpi",
            Condition::Scan => "scan 200 dpi",
            Condition::Photo => "photo",
        }
    }
}

/// A document that lies in the folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) layout: String,
    pub(crate) condition: Condition,
    /// `PDF`, `scanned PDF`, `PNG`, `JPEG`, `TIFF`.
    pub(crate) format: String,
    pub(crate) file: PathBuf,
    /// The pictures in it, as a program gets them that reads no PDF.
    pub(crate) pictures: Vec<PathBuf>,
    pub(crate) truth: Truth,
    /// Of template, data and medium: when it is another, the document is drawn again.
    made_of: u64,
}

/// The carriers of one layout, in turn; 28 make a round.
const CARRIERS: [(Condition, &str); 28] = {
    use Condition::{Clean, Digital, Photo, Scan};
    [
        (Digital, "PDF"),
        (Photo, "JPEG"),
        (Clean, "PNG"),
        (Scan, "scanned PDF"),
        (Digital, "PDF"),
        (Photo, "JPEG"),
        (Clean, "scanned PDF"),
        (Scan, "TIFF"),
        (Digital, "PDF"),
        (Photo, "JPEG"),
        (Clean, "TIFF"),
        (Scan, "JPEG"),
        (Digital, "PDF"),
        (Photo, "JPEG"),
        (Clean, "PNG"),
        (Scan, "scanned PDF"),
        (Digital, "PDF"),
        (Photo, "JPEG"),
        (Clean, "scanned PDF"),
        (Scan, "fax TIFF"),
        (Digital, "PDF"),
        (Photo, "JPEG"),
        (Clean, "TIFF"),
        (Scan, "PNG"),
        (Digital, "PDF"),
        (Photo, "JPEG"),
        (Digital, "PDF"),
        (Photo, "JPEG"),
    ]
};

/// Draws what is not there yet of `rounds` times the carriers of each layout; `threads` at a time.
pub(crate) fn documents(
    set: Set,
    a_layout: usize,
    seed: u64,
    folder: &Path,
    threads: usize,
    progress: &ProgressBar,
) -> Result<Vec<Document>> {
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let wanted: Vec<(&Layout, usize)> =
        (0..a_layout).flat_map(|number| set.layouts().iter().map(move |layout| (layout, number))).collect();
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Document)>> {
        // The fonts are loaded when the first paper is drawn, because all may be there already.
        let mut drawer = None;
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((layout, number)) = wanted.get(at) else { return Ok(done) };
            let document = document(set, layout, *number, seed, folder, &mut drawer)
                .with_context(|| format!("{} {} {number}", set.name(), layout.name))?;
            done.push((at, document));
            progress.inc(1);
        }
    };
    let mut drawn = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for worker in workers {
            match worker.join() {
                Ok(result) => all.extend(result?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok::<_, anyhow::Error>(all)
    })?;
    drawn.sort_by_key(|(at, _)| *at);
    Ok(drawn.into_iter().map(|(_, document)| document).collect())
}

fn typesetter(set: Set) -> Result<Typesetter> {
    let names: Vec<(String, &str)> =
        set.layouts().iter().map(|layout| (format!("{}.typ", layout.name), layout.source)).collect();
    let mut templates: Vec<(&str, &str)> = names.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    templates.push(("forms.typ", include_str!("../../templates/forms.typ")));
    Typesetter::new(&templates, set.fonts())
}

fn document(
    set: Set,
    layout: &Layout,
    number: usize,
    seed: u64,
    folder: &Path,
    drawer: &mut Option<Drawer>,
) -> Result<Document> {
    let (condition, form) = CARRIERS[number % CARRIERS.len()];
    let name = format!("{}-{}-{number:04}-{seed}", set.name(), layout.name);
    let mut hasher = DefaultHasher::new();
    (&name, 1).hash(&mut hasher);
    let own_seed = hasher.finish();
    let receipt = invented::receipt(set, layout, own_seed)?;
    let medium = medium(condition, form, own_seed);
    (layout.source, include_str!("../../templates/forms.typ"), receipt.data.to_string(), form).hash(&mut hasher);
    let made_of = hasher.finish();
    let note = folder.join(format!("{name}.json"));
    if let Ok(text) = std::fs::read_to_string(&note)
        && let Ok(there) = serde_json::from_str::<Document>(&text)
        && there.made_of == made_of
        && there.file.exists()
    {
        return Ok(Document { truth: receipt.truth, ..there });
    }
    if drawer.is_none() {
        *drawer = Some(Drawer::new(typesetter(set)?));
    }
    let drawer = drawer.as_ref().context("a drawer was just made")?;
    let shape = if receipt.square_seal { "square" } else { "round" };
    let paper = Paper {
        template: layout.name,
        data: &receipt.data,
        seal: Seal { owner: &receipt.issuer, characters: &receipt.seal, shape },
        name: &name,
    };
    let carried = drawer.draw(&paper, medium)?;
    let extension = match form {
        "PDF" | "scanned PDF" => "pdf",
        "PNG" => "png",
        "JPEG" => "jpg",
        _ => "tif",
    };
    let file = folder.join(format!("{name}.{extension}"));
    std::fs::write(&file, &carried.bytes)?;
    let pictures = if form == "scanned PDF" {
        let at = |page: usize| folder.join(format!("{name}-{page}.jpg"));
        for (page, picture) in carried.pictures.iter().enumerate() {
            std::fs::write(at(page), picture)?;
        }
        (0..carried.pictures.len()).map(at).collect()
    } else {
        carried.pictures.iter().map(|_| file.clone()).collect()
    };
    let format = form.trim_start_matches("fax ").to_owned();
    let document = Document {
        name,
        layout: layout.name.to_owned(),
        condition,
        format,
        file,
        pictures,
        truth: receipt.truth,
        made_of,
    };
    std::fs::write(note, serde_json::to_vec(&document)?)?;
    Ok(document)
}

/// What the document goes through; what is random in it comes from the seed.
fn medium(condition: Condition, form: &str, seed: u64) -> Medium {
    let mut random = StdRng::seed_from_u64(seed ^ 0x5ca7);
    let scan = match condition {
        Condition::Digital => return Medium::Pdf,
        Condition::Clean => Scan { dpi: 200, lean: 0, noise: 1.0, blur: 0, quality: 90 },
        Condition::Scan => Scan {
            dpi: 200,
            lean: random.random_range(-35..=35),
            noise: random.random_range(2.0..8.0),
            blur: random.random_range(0..=1),
            quality: random.random_range(45..80),
        },
        Condition::Photo => {
            let photo = photo(&mut random);
            return Medium::Snapshot(photo, random.random_range(4.0..8.0));
        }
    };
    match form {
        "scanned PDF" => Medium::ScannedPdf(scan),
        "PNG" => Medium::Png(scan),
        "JPEG" => Medium::Jpeg(scan),
        "fax TIFF" => Medium::Fax(scan),
        _ => Medium::Tiff(scan),
    }
}

/// A photo in shares of the picture, which takes the shape of its page.
fn photo(random: &mut StdRng) -> Photo {
    let mut corner =
        |x: f32, y: f32| (x + random.random_range(-0.045..0.045f32), y + random.random_range(-0.045..0.045f32));
    let corners = [corner(0.08, 0.08), corner(0.92, 0.08), corner(0.92, 0.92), corner(0.08, 0.92)];
    Photo {
        size: (0, 0),
        corners,
        shadow_from: (random.random_range(0.3..0.7), random.random_range(0.4..0.8)),
        shadow_slope: random.random_range(-0.9..0.9),
        shadow_light: random.random_range(0.5..0.8),
        noise: random.random_range(1.5..4.0),
        blur: random.random_range(1..=2),
        quality: 40,
        desk: [[146.0, 108.0, 74.0], [92.0, 94.0, 99.0], [60.0, 66.0, 58.0], [172.0, 150.0, 122.0]]
            [random.random_range(0..4)],
    }
}
