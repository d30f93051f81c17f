//! Hostile PDFs, written byte by byte: no library would write them.

use super::packed::{zlib_of, zlib_zeros};
use lopdf::encryption::{EncryptionState, EncryptionVersion, Permissions};

/// A file being written: objects in the order of their numbers, from 1.
#[derive(Clone)]
pub(crate) struct Pdf {
    objects: Vec<Vec<u8>>,
}

/// Objects 1 to 3: the catalog, the tree of pages with the one page 3, and that page, whose content is object 4.
const CATALOG: &str = "<</Type/Catalog/Pages 2 0 R>>";
const TREE: &str = "<</Type/Pages/Kids[3 0 R]/Count 1>>";

fn page(media_box: &str, resources: &str) -> String {
    format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[{media_box}]/Resources<<{resources}/Font<</F1<</Type/Font/Subtype/Type1\
         /BaseFont/Helvetica>>>>>>/Contents 4 0 R>>"
    )
}

const A4: &str = "0 0 595 842";
const TEXT: &str = "BT /F1 12 Tf 72 720 Td (RECEIPT 143,000) Tj ET\n";

impl Pdf {
    /// A page that draws `content`, with `resources` beside its font.
    pub(crate) fn drawing(content: &str, resources: &str) -> Pdf {
        Pdf::page_and_content(&page(A4, resources), &stream("", content.as_bytes()))
    }

    pub(crate) fn page_and_content(page: &str, content: &[u8]) -> Pdf {
        Pdf { objects: vec![CATALOG.into(), TREE.into(), page.into(), content.to_vec()] }
    }

    /// Adds an object and tells its number.
    pub(crate) fn with(mut self, object: impl Into<Vec<u8>>) -> Pdf {
        self.objects.push(object.into());
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.with_trailer("")
    }

    /// With more in its trailer; what is said last counts.
    fn with_trailer(&self, more: &str) -> Vec<u8> {
        let mut file = b"%PDF-1.7\n".to_vec();
        let mut table = String::new();
        for (index, object) in self.objects.iter().enumerate() {
            table += &format!("{:010} 00000 n \n", file.len());
            file.extend(format!("{} 0 obj\n", index + 1).bytes());
            file.extend(object);
            file.extend(b"\nendobj\n");
        }
        let (at, size) = (file.len(), self.objects.len() + 1);
        file.extend(
            format!(
                "xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R{more}>>\nstartxref\n{at}\n%%EOF\n"
            )
            .bytes(),
        );
        file
    }
}

pub(crate) fn stream(dictionary: &str, bytes: &[u8]) -> Vec<u8> {
    let mut object = format!("<<{dictionary}/Length {}>>stream\n", bytes.len()).into_bytes();
    object.extend(bytes);
    object.extend(b"\nendstream");
    object
}

const MIB: u64 = 1024 * 1024;

/// What it takes to have `bytes` deflated twice.
fn twice(length: u64) -> Vec<u8> {
    zlib_of(&zlib_zeros(length))
}

/// Content that inflates to 4 GiB from a few kilobytes, as it is deflated twice over.
pub(crate) fn content_bomb() -> Vec<u8> {
    let content = stream("/Filter[/FlateDecode/FlateDecode]", &twice(4096 * MIB));
    Pdf::page_and_content(&page(A4, ""), &content).bytes()
}

/// The same content in 200 parts, each below what one may inflate to.
pub(crate) fn bomb_in_parts() -> Vec<u8> {
    let parts: String = (5..205).map(|number| format!("{number} 0 R ")).collect();
    let page = page(A4, "").replace("/Contents 4 0 R", &format!("/Contents[{parts}]"));
    let part = stream("/Filter/FlateDecode", &zlib_zeros(16 * MIB));
    (5..205).fold(Pdf::page_and_content(&page, b"null"), |pdf, _| pdf.with(part.clone())).bytes()
}

/// Nested so often that each layer is a bomb to whoever unpacks it.
pub(crate) fn filters_many_times() -> Vec<u8> {
    let filters = "/FlateDecode".repeat(1000);
    let mut bytes = zlib_zeros(64 * MIB);
    for _ in 0..20 {
        bytes = zlib_of(&bytes);
    }
    Pdf::page_and_content(&page(A4, ""), &stream(&format!("/Filter[{filters}]"), &bytes)).bytes()
}

/// A table of objects that is a bomb: it is inflated before anything can be asked.
pub(crate) fn table_bomb() -> Vec<u8> {
    let mut file = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n".to_vec();
    let at = file.len();
    file.extend(b"2 0 obj\n");
    let table = "/Type/XRef/Size 100000000/W[1 4 2]/Root 1 0 R/Filter[/FlateDecode/FlateDecode]";
    file.extend(stream(table, &twice(2048 * MIB)));
    file.extend(format!("\nendobj\nstartxref\n{at}\n%%EOF\n").bytes());
    file
}

/// Objects packed into a stream that is a bomb.
pub(crate) fn object_stream_bomb() -> Vec<u8> {
    let bomb = stream("/Type/ObjStm/N 1000000/First 100/Filter[/FlateDecode/FlateDecode]", &twice(2048 * MIB));
    Pdf::drawing(TEXT, "").with(bomb).bytes()
}

/// A font whose table of characters inflates to 2 GiB.
pub(crate) fn character_table_bomb() -> Vec<u8> {
    let resources = "/Font<</F9<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode 5 0 R\
                     /DescendantFonts[<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)\
                     /Ordering(Japan1)/Supplement 2>>>>]>>>>";
    let page = format!("<</Type/Page/Parent 2 0 R/MediaBox[{A4}]/Resources<<{resources}>>/Contents 4 0 R>>");
    let content = stream("", b"BT /F9 12 Tf 72 720 Td <00410042> Tj ET");
    let bomb = stream("/Filter[/FlateDecode/FlateDecode]", &twice(2048 * MIB));
    Pdf::page_and_content(&page, &content).with(bomb).bytes()
}

/// A small picture whose data inflate to 2 GiB.
pub(crate) fn picture_bomb() -> Vec<u8> {
    let picture = "/Type/XObject/Subtype/Image/Width 100/Height 100/ColorSpace/DeviceGray/BitsPerComponent 8\
                   /Filter[/FlateDecode/FlateDecode]";
    showing(&stream(picture, &twice(2048 * MIB)))
}

/// A picture of more pixels than there are people, in a format that says so in ten bytes.
pub(crate) fn picture_of_10_to_the_10() -> Vec<u8> {
    let picture = "/Type/XObject/Subtype/Image/Width 100000/Height 100000/ColorSpace/DeviceGray/BitsPerComponent 1\
                   /Filter/FlateDecode";
    showing(&stream(picture, &zlib_zeros(MIB)))
}

/// Sides whose product is small only where numbers have 32 bits.
pub(crate) fn picture_that_wraps() -> Vec<u8> {
    let picture = "/Type/XObject/Subtype/Image/Width 65536/Height 65537/ColorSpace/DeviceRGB/BitsPerComponent 16";
    showing(&stream(picture, &[0; 100]))
}

/// A picture without width, and one with a width below nothing.
pub(crate) fn picture_of_nothing() -> Vec<u8> {
    let picture = "/Type/XObject/Subtype/Image/Width -1/Height 0/ColorSpace/DeviceGray/BitsPerComponent 8";
    showing(&stream(picture, &[0; 100]))
}

/// The inner header of a fax, a bilevel or a wavelet picture says more than the dictionary around it.
pub(crate) fn picture_in_disguise() -> Vec<u8> {
    let dictionary = "/Type/XObject/Subtype/Image/Width 10/Height 10/ColorSpace/DeviceGray/BitsPerComponent 8/Filter";
    let fax = "/CCITTFaxDecode/DecodeParms<</K -1/Columns 2000000000/Rows 2000000000>>";
    let page = page(A4, "/XObject<</P0 5 0 R/P1 6 0 R/P2 7 0 R>>");
    let content =
        stream("", b"q 500 0 0 500 0 0 cm /P0 Do Q q 500 0 0 500 0 0 cm /P1 Do Q q 500 0 0 500 0 0 cm /P2 Do Q");
    let jpeg = super::picture::jpeg_claiming(65_500, 65_500);
    let mut jpeg2000 = b"\xff\x4f\xff\x51\x00\x29\x00\x00".to_vec();
    for side in [2_000_000_000u32, 2_000_000_000, 0, 0, 2_000_000_000, 2_000_000_000, 0, 0] {
        jpeg2000.extend(side.to_be_bytes());
    }
    jpeg2000.extend([0, 1, 7, 1, 1]);
    Pdf::page_and_content(&page, &content)
        .with(stream(&format!("{dictionary}{fax}"), &[0x55; 200]))
        .with(stream(&format!("{dictionary}/DCTDecode"), &jpeg))
        .with(stream(&format!("{dictionary}/JPXDecode"), &jpeg2000))
        .bytes()
}

fn showing(picture: &[u8]) -> Vec<u8> {
    Pdf::drawing("q 595 0 0 842 0 0 cm /P0 Do Q", "/XObject<</P0 5 0 R>>").with(picture).bytes()
}

/// A page of 100,000 by 100,000 points, blown up a thousandfold.
pub(crate) fn page_of_10_to_the_10() -> Vec<u8> {
    let page = page("0 0 100000 100000", "").replace("/Type/Page/", "/Type/Page/UserUnit 1000/");
    Pdf::page_and_content(&page, &stream("", b"0 0 99999 99999 re f")).bytes()
}

/// A page that is nowhere: numbers beyond all numbers.
pub(crate) fn page_of_no_size() -> Vec<u8> {
    let page = page("-1e38 -999999999999999999999999999999999999999999 1e38 1e39", "");
    Pdf::page_and_content(&page, &stream("", b"0 0 99999 99999 re f")).bytes()
}

/// 100,000 pages, all of them there.
pub(crate) fn pages_100_000() -> Vec<u8> {
    let kids: String = (5..100_005).map(|number| format!("{number} 0 R ")).collect();
    let mut pdf = Pdf::drawing(TEXT, "");
    pdf.objects[1] = format!("<</Type/Pages/Kids[{kids}]/Count 100000>>").into_bytes();
    (0..100_000).fold(pdf, |pdf, _| pdf.with("<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>")).bytes()
}

/// 100,000 times the same page from a few hundred kilobytes.
pub(crate) fn one_page_100_000_times() -> Vec<u8> {
    let mut pdf = Pdf::drawing(TEXT, "");
    pdf.objects[1] = format!("<</Type/Pages/Kids[{}]/Count 100000>>", "3 0 R ".repeat(100_000)).into_bytes();
    pdf.bytes()
}

/// Says that it has 100,000 pages and has one.
pub(crate) fn a_lie_about_pages() -> Vec<u8> {
    let mut pdf = Pdf::drawing(TEXT, "");
    pdf.objects[1] = b"<</Type/Pages/Kids[3 0 R]/Count 100000>>".to_vec();
    pdf.bytes()
}

/// A tree of pages that is its own branch.
pub(crate) fn cyclic_pages() -> Vec<u8> {
    let mut pdf = Pdf::drawing(TEXT, "");
    pdf.objects[1] = b"<</Type/Pages/Kids[2 0 R 2 0 R 2 0 R]/Count 3/Parent 2 0 R>>".to_vec();
    pdf.bytes()
}

/// A tree that doubles at each of forty levels.
pub(crate) fn doubling_pages() -> Vec<u8> {
    let mut pdf = Pdf::drawing(TEXT, "");
    pdf.objects[1] = b"<</Type/Pages/Kids[5 0 R 5 0 R]/Count 1000000>>".to_vec();
    for below in 6..46 {
        pdf = pdf.with(format!("<</Type/Pages/Kids[{below} 0 R {below} 0 R]/Count 1000000>>"));
    }
    pdf.with("<</Type/Page/MediaBox[0 0 9 9]>>").bytes()
}

/// A tree with one page at the end of 100,000 levels.
pub(crate) fn deep_pages() -> Vec<u8> {
    let mut pdf = Pdf::drawing(TEXT, "");
    pdf.objects[1] = b"<</Type/Pages/Kids[5 0 R]/Count 1>>".to_vec();
    for below in 6..90_006 {
        pdf = pdf.with(format!("<</Type/Pages/Kids[{below} 0 R]/Count 1>>"));
    }
    pdf.with("<</Type/Page/MediaBox[0 0 9 9]>>").bytes()
}

/// A table of objects that names itself as the one before it.
pub(crate) fn cyclic_table() -> Vec<u8> {
    let pdf = Pdf::drawing(TEXT, "");
    let at = pdf.bytes().windows(5).position(|window| window == b"xref\n").unwrap_or_default();
    pdf.with_trailer(&format!("/Prev {at}"))
}

/// A hundred thousand tables, each naming the one before it.
pub(crate) fn tables_100_000() -> Vec<u8> {
    let mut file = Pdf::drawing(TEXT, "").bytes();
    let mut before = file.windows(5).position(|window| window == b"xref\n").unwrap_or_default();
    for _ in 0..100_000 {
        let at = file.len();
        file.extend(
            format!("xref\n0 0\ntrailer\n<</Size 5/Root 1 0 R/Prev {before}>>\nstartxref\n{at}\n%%EOF\n").bytes(),
        );
        before = at;
    }
    file
}

/// A reference that refers to itself, in the place of a length, of a content, and of everything else.
pub(crate) fn cyclic_references() -> Vec<u8> {
    let page = "<</Type/Page/Parent 2 0 R/MediaBox 5 0 R/Resources 5 0 R/Contents[5 0 R 4 0 R]>>";
    Pdf::page_and_content(page, b"<</Length 4 0 R/Filter 5 0 R>>stream\nBT ET\nendstream").with("5 0 R").bytes()
}

/// Forms that each draw the one below twice, forty times: a billion drawings a kilobyte.
pub(crate) fn doubling_forms() -> Vec<u8> {
    let mut pdf = Pdf::drawing("/X Do", "/XObject<</X 5 0 R>>");
    for below in 6..46 {
        pdf = pdf.with(form(&format!("/XObject<</X {below} 0 R>>"), b"/X Do /X Do"));
    }
    pdf.with(form("", b"0 0 1 1 re f")).bytes()
}

/// The same with patterns that are painted with patterns.
pub(crate) fn doubling_patterns() -> Vec<u8> {
    let content = "/Pattern cs /X scn 0 0 500 500 re f /X scn 0 0 500 500 re f";
    let pattern = |below: usize, content: &str| {
        let dictionary = format!(
            "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 1/YStep 1\
             /Resources<</Pattern<</X {below} 0 R>>>>"
        );
        stream(&dictionary, content.as_bytes())
    };
    let mut pdf = Pdf::drawing(content, "/Pattern<</X 5 0 R>>");
    for below in 6..46 {
        pdf = pdf.with(pattern(below, content));
    }
    pdf.with(pattern(46, "0 0 1 1 re f")).bytes()
}

/// The same with fonts whose characters are written in fonts.
pub(crate) fn doubling_fonts() -> Vec<u8> {
    let font = |proc: usize| {
        format!(
            "<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[0.001 0 0 0.001 0 0]/FirstChar 97/LastChar 97\
             /Widths[1000]/CharProcs<</a {proc} 0 R>>/Encoding<</Type/Encoding/Differences[97/a]>>\
             /Resources<</Font<</X {} 0 R>>>>>>",
            proc + 1
        )
    };
    let text = "BT /X 12 Tf 9 9 Td (aaaa) Tj ET";
    let mut pdf = Pdf::drawing(text, "");
    pdf.objects[2] =
        format!("<</Type/Page/Parent 2 0 R/MediaBox[{A4}]/Resources<</Font<</X 5 0 R>>>>/Contents 4 0 R>>")
            .into_bytes();
    for proc in (6..66).step_by(2) {
        pdf = pdf.with(font(proc)).with(stream("", format!("1000 0 d0 {text}").as_bytes()));
    }
    pdf.with(font(67)).with(stream("", b"1000 0 d0 0 0 9 9 re f")).bytes()
}

/// A form that draws itself.
pub(crate) fn cyclic_form() -> Vec<u8> {
    let content = format!("{TEXT}/X Do");
    Pdf::drawing(&content, "/XObject<</X 5 0 R>>").with(form("/XObject<</X 5 0 R>>", b"/X Do /X Do")).bytes()
}

/// Forms within forms, 20,000 deep.
pub(crate) fn deep_forms() -> Vec<u8> {
    let mut pdf = Pdf::drawing("/X Do", "/XObject<</X 5 0 R>>");
    for below in 6..20_006 {
        pdf = pdf.with(form(&format!("/XObject<</X {below} 0 R>>"), b"/X Do"));
    }
    pdf.with(form("", b"0 0 1 1 re f")).bytes()
}

fn form(resources: &str, content: &[u8]) -> Vec<u8> {
    stream(&format!("/Type/XObject/Subtype/Form/BBox[0 0 600 900]/Resources<<{resources}>>"), content)
}

/// One path of 4,500,000 lines from 95 kilobytes.
pub(crate) fn long_path() -> Vec<u8> {
    packed_content("0 0 m\n", "9 9 l 1 1 l\n", 2_250_000, "S\n")
}

/// States that are saved and never given back.
pub(crate) fn saved_states() -> Vec<u8> {
    packed_content(TEXT, "q ", 2_000_000, "")
}

/// Arrays within arrays.
pub(crate) fn nested_arrays() -> Vec<u8> {
    packed_content(TEXT, "[", 2_000_000, "")
}

/// Dictionaries within dictionaries, outside of any stream, where the objects stand.
pub(crate) fn nested_dictionaries() -> Vec<u8> {
    Pdf::drawing(TEXT, "").with("<</A".repeat(1_000_000) + &">>".repeat(1_000_000)).bytes()
}

/// Clips within clips, each of which is kept.
pub(crate) fn nested_clips() -> Vec<u8> {
    packed_content(TEXT, "q 0 0 500 500 re W n\n", 300_000, "")
}

/// More text than fits on any page.
pub(crate) fn glyphs() -> Vec<u8> {
    packed_content("BT /F1 1 Tf 9 9 Td ", "(0123456789012345678901234567890123456789) Tj\n", 50_000, "ET")
}

/// Two million small rectangles.
pub(crate) fn rectangles() -> Vec<u8> {
    packed_content("", "0 0 9 9 re f\n", 2_000_000, "")
}

/// An object with the largest number there is, and a table that promises so many.
pub(crate) fn object_numbers() -> Vec<u8> {
    let mut file = Pdf::drawing(TEXT, "").with_trailer("/Size 4294967295");
    file.extend(b"4294967295 65535 obj\n<<>>\nendobj\n99999999999999999999 0 obj\n<<>>\nendobj\n");
    file
}

fn packed_content(before: &str, again: &str, times: usize, after: &str) -> Vec<u8> {
    let content = [before, &again.repeat(times), after].concat();
    let content = stream("/Filter/FlateDecode", &zlib_of(content.as_bytes()));
    Pdf::page_and_content(&page(A4, ""), &content).bytes()
}

/// A good document under a password that nobody gives.
pub(crate) fn locked() -> Vec<u8> {
    let good = Pdf::drawing(TEXT, "").with_trailer("/ID[(1234567890123456)(1234567890123456)]");
    let mut document = lopdf::Document::load_mem(&good).expect("the document is good");
    let version = EncryptionVersion::V2 {
        document: &document,
        owner_password: "owner",
        user_password: "user",
        key_length: 128,
        permissions: Permissions::all(),
    };
    let state = EncryptionState::try_from(version).expect("the version is whole");
    document.encrypt(&state).expect("the document can be locked");
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("memory takes all");
    bytes
}

/// The smallest good document.
pub(crate) fn good() -> Vec<u8> {
    Pdf::drawing(TEXT, "").bytes()
}
