//! Notices: what they say, that nothing of it is markup, and that what cannot be printed is an error.

use crate::sample::{approval, approval_in_kind, long_return, rejection, sent_back};
use claim::{Finding, FindingCode, Lang, Notice, Severity};
use reporting::{DEFAULT_FONT_DIRS, FontError, NoticeError, NoticeProblem, Typesetter, TypesetterError};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

static TYPESETTER: LazyLock<Typesetter> =
    LazyLock::new(|| Typesetter::new(&DEFAULT_FONT_DIRS).unwrap_or_else(|error| panic!("{error}")));

/// The notice's PDF, kept under `name` in the tests' folder for who wants to look at it.
fn pdf(name: &str, notice: &Notice) -> Vec<u8> {
    let pdf = TYPESETTER.notice(notice).unwrap_or_else(|error| panic!("{error}"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("notices");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.pdf")), &pdf).unwrap();
    pdf
}

/// Its text by an independent reader, without spaces and line ends, so that a line's end inside a sentence is no matter.
fn text(pdf: &[u8]) -> String {
    without_spaces(&pdftotext(&["-layout"], pdf))
}

fn pdftotext(how: &[&str], pdf: &[u8]) -> String {
    let mut reader = Command::new("pdftotext")
        .args(["-enc", "UTF-8"])
        .args(how)
        .args(["-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("pdftotext cannot be run ({error}); install the package poppler-utils"));
    let mut input = reader.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(pdf).unwrap());
        reader.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "pdftotext: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[track_caller]
fn says(text: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(text.contains(&without_spaces(sentence)), "{sentence:?} is not in\n{text}");
    }
}

fn pages(pdf: &[u8]) -> usize {
    lopdf::Document::load_mem(pdf).unwrap().get_pages().len()
}

#[test]
fn an_approval_says_whom_how_much_and_when() {
    let text = text(&pdf("approval", &approval()));
    says(
        &text,
        &[
            "交付第7-000123号",
            "令和7年12月24日",
            "〒100-8916",
            "東京都千代田区霞が関1丁目2番2号",
            "霞が関診療所",
            "開設者 医療法人社団霞会 様",
            "社会保険診療報酬支払基金理事長",
            "（公印省略）",
            "交付決定通知書",
            "令和7年12月20日付けで申請のありました",
            "下記のとおり交付することに決定しましたので通知します。",
            "金128,000円",
            "金141,075円",
            "令和8年1月30日",
            "以上",
            "問合せ先",
            "0800-080-4583",
            "contact@iryohokenjyoho-portalsite.jp",
            "受付番号 C-2025-000123 決定記録 4211 算定規則 sha256:0f1e2d3c4b5a",
        ],
    );
    assert!(!text.contains("教示"), "no appeal text was set");
}

#[test]
fn an_approval_in_kind_says_which_product_and_how_many_and_nothing_of_money() {
    let text = text(&pdf("approval-in-kind", &approval_in_kind()));
    says(
        &text,
        &[
            "交付決定通知書",
            "交付する製品",
            "アルメックス Sma-pa マイタッチ (ホワイト) 3台",
            "申込みの内容",
            "第2希望 富士通 Caora: 申込み 3台（申込みできる台数 3台まで） = 3台",
            "製品の提供",
        ],
    );
    for money in ["円", "支払予定", "振込", "口座", "算定の"] {
        assert!(!text.contains(money), "{money} in {text}");
    }
    let returned = Notice {
        grant_units: None,
        findings: vec![Finding::new(FindingCode::AlreadyFiled).with("other_claim", vec!["K-1"])],
        kind: claim::NoticeKind::Rejection,
        ..approval_in_kind()
    };
    says(&self::text(&pdf("rejection-in-kind", &returned)), &["申込みの内容（参考）", "提出された申請書の内容です"]);
}

#[test]
fn a_notice_has_the_words_of_the_trace_and_of_the_findings() {
    for (name, notice) in [("approval", approval()), ("rejection", rejection()), ("return", sent_back())] {
        // Table cells stand side by side in the reader's lines, so a sentence is looked for in the order of the page.
        let raw = reading_order(&pdf(name, &notice));
        for step in &notice.trace {
            says(&raw, &[&step.sentence(Lang::Ja)]);
        }
        for finding in notice.findings.iter().filter(|finding| finding.severity() != Severity::Review) {
            says(&raw, &[&finding.message(Lang::Ja)]);
            for part in
                [finding.action(Lang::Ja), finding.source.clone(), finding.place.as_ref().map(|p| p.show(Lang::Ja))]
            {
                says(&raw, &[part.as_deref().unwrap_or_default()]);
            }
        }
        says(&raw, &[notice.reason.as_deref().unwrap_or_default()]);
        says(&raw, &[notice.appeal.as_deref().unwrap_or_default()]);
    }
}

/// The text in the order in which it was set, cell by cell.
fn reading_order(pdf: &[u8]) -> String {
    without_spaces(&pdftotext(&["-raw"], pdf))
}

#[test]
fn what_only_the_fund_should_see_is_not_in_a_notice() {
    let mut notice = rejection();
    notice.findings.push(
        Finding::new(FindingCode::PossibleDuplicate).with("other_claim", "C-2025-999999").with("why", "same-bytes"),
    );
    let text = text(&pdf("rejection-review", &notice));
    assert!(!text.contains("C-2025-999999") && !text.contains("霞クリニック"), "{text}");
    says(&text, &["経過措置(3)、令和6年12月1日まで", "地方厚生（支）局に経過措置の届出の状況を照会し"]);
}

#[test]
fn a_long_list_flows_to_further_pages_and_loses_nothing() {
    let notice = long_return();
    let pdf = pdf("long-return", &notice);
    let pages = pages(&pdf);
    assert!(pages >= 3, "{pages} pages");
    let text = text(&pdf);
    for i in 1..=30 {
        says(&text, &[&format!("（その{i}）")]);
    }
    says(&text, &["まで", "確認太郎様", &format!("{pages}/{pages}")]);
    // The table's header is repeated, and from the second page on the head names the notice.
    assert!(text.matches("根拠").count() >= pages - 1, "{text}");
    assert_eq!(text.matches("差戻し通知書").count(), pages);
}

#[test]
fn the_same_notice_is_the_same_bytes() {
    let fresh = Typesetter::new(&DEFAULT_FONT_DIRS).unwrap();
    for notice in [approval(), rejection(), long_return()] {
        let once = TYPESETTER.notice(&notice).unwrap();
        assert!(once == TYPESETTER.notice(&notice).unwrap(), "a second time");
        assert!(once == fresh.notice(&notice).unwrap(), "by another typesetter");
    }
}

#[test]
fn fonts_are_embedded_and_the_file_says_that_it_is_pdf_a() {
    let document = lopdf::Document::load_mem(&pdf("approval-fonts", &approval())).unwrap();
    let dictionaries: Vec<&lopdf::Dictionary> =
        document.objects.values().filter_map(|object| object.as_dict().ok()).collect();
    let fonts = dictionaries.iter().filter(|d| d.has_type(b"FontDescriptor")).collect::<Vec<_>>();
    assert!(fonts.len() >= 2, "mincho and gothic");
    for font in fonts {
        assert!(font.has(b"FontFile2") || font.has(b"FontFile3"), "{font:?}");
    }
    let metadata = document.objects.values().filter_map(|object| object.as_stream().ok());
    let xmp: Vec<String> = metadata
        .filter(|stream| stream.dict.has_type(b"Metadata"))
        .map(|stream| String::from_utf8_lossy(&stream.content).into_owned())
        .collect();
    assert!(xmp.iter().any(|xmp| xmp.contains("pdfaid:part>2<")), "{xmp:?}");
    assert!(xmp.iter().all(|xmp| !xmp.contains("Typst")), "the tool is not named");
}

#[test]
fn text_is_never_markup() {
    let mut notice = approval();
    notice.facility.name = r##"#panic("x") $x^2$ *強* _斜_ `code` "引用" \ @ref <label> [括弧] // 注"##.into();
    notice.contact.office = "= 見出し #data".into();
    let text = text(&pdf("markup", &notice));
    says(&text, &[&notice.facility.name, &notice.contact.office]);
}

#[test]
fn a_character_without_a_glyph_is_named_with_its_field() {
    let mut notice = sent_back();
    notice.facility.name = "わんわん🐶クリニック".into();
    notice.contact.office = "外字\u{E000}課".into();
    notice.findings[0].place.as_mut().unwrap().file = Some("🧾.pdf".into());
    let Err(NoticeError::Unfinished(error)) = TYPESETTER.notice(&notice) else { panic!("an emoji was printed") };
    let found: Vec<(&str, char)> = error
        .problems
        .iter()
        .map(|problem| match problem {
            NoticeProblem::Glyph(glyph) => (glyph.field.as_str(), glyph.character),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found, [("facility.name", '🐶'), ("findings[0].place", '🧾'), ("contact.office", '\u{E000}')]);
    insta::assert_snapshot!(error.message(Lang::Ja));
}

#[test]
fn a_rare_kanji_prints_where_its_font_is_installed_and_is_an_error_elsewhere() {
    let mut notice = approval();
    notice.facility.founder = "𠮷田太郎".into();
    if TYPESETTER.has_fallback_font() {
        says(&text(&pdf("rare-kanji", &notice)), &["𠮷田太郎"]);
    }
    // Without the folder of the fallback font.
    let plain = Typesetter::new(&DEFAULT_FONT_DIRS[..2]).unwrap();
    assert!(!plain.has_fallback_font());
    let error = plain.notice(&notice).unwrap_err().to_string();
    assert!(
        error.contains("facility.founder") && error.contains("U+20BB7") && error.contains("fonts-noto-cjk"),
        "{error}"
    );
}

#[test]
fn a_kanji_with_a_variation_selector_prints() {
    let mut notice = approval();
    notice.facility.name = "葛\u{E0100}飾診療所".into();
    says(&text(&pdf("variation", &notice)), &["飾診療所"]);
}

#[test]
fn a_rejection_or_return_without_a_reason_is_not_made() {
    for mut notice in [rejection(), sent_back()] {
        notice.findings.retain(|finding| finding.severity() == Severity::Review);
        notice.reason = Some(" \n ".into());
        let Err(NoticeError::Unfinished(error)) = TYPESETTER.notice(&notice) else { panic!("no reason was given") };
        assert_eq!(error.problems, [NoticeProblem::Reason { kind: notice.kind }]);
    }
}

#[test]
fn long_words_without_spaces_stay_inside_the_page() {
    let mut notice = sent_back();
    let long = "A".repeat(300);
    notice.findings[0].place.as_mut().unwrap().file = Some(format!("{long}.pdf"));
    notice.facility.address = "x".repeat(120);
    let pdf = pdf("long-words", &notice);
    let boxes = pdftotext(&["-bbox"], &pdf);
    let rights = boxes.split("xMax=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse::<f64>().ok());
    // A4 is 595 points wide; the right margin begins at 22 mm = 62 points from the edge.
    let furthest = rights.fold(0.0, f64::max);
    assert!(furthest > 400.0 && furthest < 540.0, "{furthest}");
}

#[test]
fn a_missing_font_names_its_package() {
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-fonts-here");
    let Err(error) = Typesetter::new(&[&nowhere]) else { panic!("fonts were found") };
    assert!(matches!(error, TypesetterError::Font(FontError::Missing { family: "IPAexMincho", .. })));
    let said = error.to_string();
    assert!(said.contains("fonts-ipaexfont-mincho") && said.contains("no-fonts-here"), "{said}");
}
