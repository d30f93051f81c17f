//! Small good PDFs, one for each way of writing text, pictures and paint: what the fuzzer begins with, so that a run is
//! short and a mutation hits something that matters.

use super::packed::zlib_of;
use super::pdf::{Pdf, stream};

/// 領収書, 合計 ￥143,000-, 令和7年6月15日 in CP932.
const LINES: [&str; 3] = ["97cc8efb8f91", "8d878c7620818f3134332c3030302d", "97df986137944e368c8e313593fa"];

/// The lines one under another in `F1`.
fn text() -> String {
    let shown: Vec<String> = LINES.iter().map(|line| format!("<{line}> Tj")).collect();
    format!("BT /F1 12 Tf 20 150 Td {} ET", shown.join(" 0 -20 Td "))
}

/// Fonts 5 to 7: a Japanese one that the file does not hold, in this encoding.
fn with_font(pdf: Pdf, encoding: &str) -> Pdf {
    pdf.with(format!("<</Type/Font/Subtype/Type0/BaseFont/IPAexGothic/Encoding/{encoding}/DescendantFonts[6 0 R]>>"))
        .with(
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/IPAexGothic/DW 1000/FontDescriptor 7 0 R\
             /CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>>>",
        )
        .with(
            "<</Type/FontDescriptor/FontName/IPAexGothic/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 880\
             /Descent -120/CapHeight 700/StemV 80>>",
        )
}

/// A page with `resources`, whose content is this stream.
fn page(resources: &str, more: &str, content: &[u8]) -> Pdf {
    let page =
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Resources<<{resources}>>/Contents 4 0 R{more}>>");
    Pdf::page_and_content(&page, content)
}

/// All of them.
pub(crate) fn pdfs() -> Vec<Vec<u8>> {
    const F1: &str = "/Font<</F1 5 0 R>>";
    let text = text();
    let plain = |content: &str| stream("", content.as_bytes());
    let in_encoding = |encoding: &str| with_font(page(F1, "", &plain(&text)), encoding).bytes();
    let mut all: Vec<Vec<u8>> =
        ["90ms-RKSJ-H", "90ms-RKSJ-V", "Identity-H", "UniJIS-UTF16-H"].into_iter().map(in_encoding).collect();
    let encoding = "90ms-RKSJ-H";
    let deflated = stream("/Filter/FlateDecode", &zlib_of(text.as_bytes()));
    all.push(with_font(page(F1, "", &deflated), encoding).bytes());
    all.push(with_font(page(F1, "/Rotate 90", &plain(&text)), encoding).bytes());
    let western = "/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
    all.push(page(western, "", &plain("BT /F1 12 Tf 20 150 Td (Total 143,000) Tj ET")).bytes());
    // Things that are drawn by name: a form, a picture, a pattern, a font of drawings, a shading.
    let form = stream(&format!("/Type/XObject/Subtype/Form/BBox[0 0 300 200]/Resources<<{F1}>>"), text.as_bytes());
    let drawn = page(&format!("{F1}/XObject<</X 8 0 R>>"), "", &plain("q 1 0 0 1 5 5 cm /X Do Q"));
    all.push(with_font(drawn, encoding).with(form).bytes());
    let pixels: Vec<u8> = (0..64u8).map(|at| (at % 8) * (at / 8) * 5).collect();
    let dictionary = "/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8\
                      /Filter/FlateDecode";
    let picture = stream(dictionary, &zlib_of(&pixels));
    all.push(page("/XObject<</X 5 0 R>>", "", &plain("q 300 0 0 200 0 0 cm /X Do Q")).with(picture).bytes());
    let pattern = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9/Resources<<>>";
    let painted = "/ExtGState<</G<</ca .5/SMask/None>>>>/ColorSpace<</P/Pattern>>/Pattern<</P1 5 0 R>>";
    let paint = plain("/G gs 0 0 m 100 100 l S 0 0 50 50 re f /P cs /P1 scn 0 0 99 99 re f");
    all.push(page(painted, "", &paint).with(stream(pattern, b"0 0 5 5 re f")).bytes());
    let type3 = "<</Type/Font/Subtype/Type3/FirstChar 65/LastChar 66/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]\
                 /Widths[1000 1000]/CharProcs<</g 6 0 R>>/Encoding<</Type/Encoding/Differences[65/g/g]>>/Resources<<>>>>";
    let glyph = plain("1000 0 d0 0 0 800 800 re f");
    all.push(
        page("/Font<</F3 5 0 R>>", "", &plain("BT /F3 12 Tf 20 150 Td (AB) Tj ET")).with(type3).with(glyph).bytes(),
    );
    let inline = plain(&format!("q 50 0 0 50 0 0 cm BI /W 2 /H 2 /CS /G /BPC 8 ID abcd EI Q {text}"));
    all.push(with_font(page(F1, "", &inline), encoding).bytes());
    let shading = "/Shading<</S<</ShadingType 2/ColorSpace/DeviceRGB/Coords[0 0 300 0]/Function<</FunctionType 2\
                   /Domain[0 1]/C0[1 0 0]/C1[0 0 1]/N 1>>>>>>";
    all.push(page(shading, "", &plain("/S sh")).bytes());
    let mut cut = all[0].clone();
    cut.truncate(cut.len() / 2);
    all.push(cut);
    all
}
