//! The API for programs, under /api/v1: everything that the pages do, for a token (`Authorization: Bearer kofu_…`) of an
//! account. A cookie is worth nothing here, so no page of another site can use it. What goes wrong is told as RFC 9457
//! problems; what may be done once only has a key ([`keys`]); what is changed is named as it was looked at ([`call`]).

mod account;
mod accounts;
mod batches;
mod call;
mod claims;
mod document;
mod drafts;
mod judged;
mod keys;
mod limits;
mod log;
mod messages;
mod money;
mod openapi;
mod overview;
mod programmes;
mod reference;
mod review;

pub(crate) use call::Row;
pub(crate) use limits::Limits;
pub use limits::REQUESTS_A_MINUTE;
pub(crate) use reference::{openapi_json, reference};

use crate::access::{
    ADMINISTRATOR, AUDIT, BANK, EVERYONE, FACILITY, OFFICE, Owner, PAYMENTS, PREPARER, READERS, RELEASER, REVIEWER,
};
use axum::http::Method;
use call::row;
use openapi::Doc;

/// The operations, each with who may ask for it.
pub(crate) fn rows() -> Vec<Row> {
    use Owner::{Claim, Draft, Nobody, Self_};
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    const DELETE: Method = Method::DELETE;
    let doc = Doc::new;
    vec![
        // Programmes
        row(
            GET,
            "/api/v1/programmes",
            EVERYONE,
            Nobody,
            doc("programmes", "listProgrammes", "補助事業を一覧する", "List the programmes with their values"),
            programmes::list,
        ),
        row(
            GET,
            "/api/v1/programmes/{id}",
            EVERYONE,
            Nobody,
            doc("programmes", "showProgramme", "補助事業を取得する", "Get a programme with its values"),
            programmes::show,
        ),
        row(
            GET,
            "/api/v1/programmes/{id}/template",
            FACILITY,
            Self_,
            doc("programmes", "downloadTemplate", "領収書内訳書の様式を取得する", "Download the itemization template"),
            programmes::template,
        ),
        // Drafts
        row(
            GET,
            "/api/v1/drafts",
            FACILITY,
            Self_,
            doc("drafts", "listDrafts", "下書きを一覧する", "List the drafts that were not sent"),
            drafts::list,
        ),
        row(
            POST,
            "/api/v1/drafts",
            FACILITY,
            Self_,
            doc("drafts", "openDraft", "下書きを始める", "Begin a draft"),
            drafts::open,
        ),
        row(
            GET,
            "/api/v1/drafts/{id}",
            FACILITY,
            Draft,
            doc("drafts", "showDraft", "下書きを取得する", "Get a draft"),
            drafts::show,
        ),
        row(
            PUT,
            "/api/v1/drafts/{id}",
            FACILITY,
            Draft,
            doc("drafts", "changeDraft", "下書きの内容を変更する", "Change what a draft asks for").changes(),
            drafts::change,
        ),
        row(
            DELETE,
            "/api/v1/drafts/{id}",
            FACILITY,
            Draft,
            doc("drafts", "discardDraft", "下書きを破棄する", "Give a draft up").changes(),
            drafts::discard,
        ),
        row(
            GET,
            "/api/v1/drafts/{id}/preview",
            FACILITY,
            Draft,
            doc(
                "drafts",
                "previewDraft",
                "このまま申請した場合の審査結果を取得する",
                "Get what the deciding rules would say if the draft were sent now",
            ),
            drafts::preview,
        ),
        row(
            POST,
            "/api/v1/drafts/{id}/send",
            FACILITY,
            Draft,
            doc("drafts", "sendDraft", "申請する", "Send a draft: it becomes a claim").changes(),
            drafts::send,
        ),
        row(
            POST,
            "/api/v1/drafts/{id}/documents",
            FACILITY,
            Draft,
            doc("drafts", "uploadDocument", "書類を追加する", "Upload a document"),
            drafts::upload,
        ),
        row(
            GET,
            "/api/v1/drafts/{id}/documents/{position}",
            FACILITY,
            Draft,
            doc("drafts", "downloadDraftDocument", "書類を取得する", "Download a document as it came"),
            drafts::original,
        ),
        row(
            PUT,
            "/api/v1/drafts/{id}/documents/{position}",
            FACILITY,
            Draft,
            doc("drafts", "declareDocument", "書類の種類を指定する", "Say what a document is; it is read as that")
                .changes(),
            drafts::declare,
        ),
        row(
            DELETE,
            "/api/v1/drafts/{id}/documents/{position}",
            FACILITY,
            Draft,
            doc("drafts", "removeDocument", "書類を取り除く", "Take a document out").changes(),
            drafts::remove,
        ),
        row(
            POST,
            "/api/v1/drafts/{id}/documents/{position}/read",
            FACILITY,
            Draft,
            doc("drafts", "readDocument", "書類を読み取る", "Read a document, or read it again").repeatable(),
            drafts::read,
        ),
        row(
            GET,
            "/api/v1/drafts/{id}/documents/{position}/reading",
            FACILITY,
            Draft,
            doc("drafts", "showDraftReading", "書類から読み取った内容を取得する", "Get what was read of a document"),
            drafts::reading,
        ),
        row(
            GET,
            "/api/v1/drafts/{id}/documents/{position}/pages/{page}",
            FACILITY,
            Draft,
            doc("drafts", "showDraftPage", "書類のページを取得する", "Get a page of a document, as picture or cells"),
            drafts::page,
        ),
        // Claims
        row(
            GET,
            "/api/v1/claims",
            READERS,
            Nobody,
            doc("claims", "listClaims", "申請を一覧する", "List claims"),
            claims::list,
        ),
        row(
            GET,
            "/api/v1/claims/{id}",
            READERS,
            Claim,
            doc("claims", "showClaim", "申請を取得する", "Get a claim with all its revisions"),
            claims::show,
        ),
        row(
            GET,
            "/api/v1/claims/{id}/history",
            OFFICE,
            Claim,
            doc("claims", "listHistory", "申請の経過を一覧する", "List the entries of the log about a claim"),
            claims::history,
        ),
        row(
            GET,
            "/api/v1/claims/{id}/notices/{revision}",
            READERS,
            Claim,
            doc("claims", "downloadNotice", "通知書を取得する", "Download a notice (PDF)"),
            claims::notice,
        ),
        row(
            GET,
            "/api/v1/claims/{id}/documents/{revision}/{position}",
            READERS,
            Claim,
            doc("claims", "downloadDocument", "書類を取得する", "Download a document as it came"),
            claims::original,
        ),
        row(
            GET,
            "/api/v1/claims/{id}/documents/{revision}/{position}/reading",
            READERS,
            Claim,
            doc(
                "claims",
                "showReading",
                "書類から読み取った内容を取得する",
                "Get what was read of a document, as people corrected it",
            ),
            claims::reading,
        ),
        row(
            GET,
            "/api/v1/claims/{id}/documents/{revision}/{position}/pages/{page}",
            READERS,
            Claim,
            doc("claims", "showPage", "書類のページを取得する", "Get a page of a document, as picture or cells"),
            claims::page,
        ),
        row(
            POST,
            "/api/v1/claims/{id}/answer",
            FACILITY,
            Claim,
            doc(
                "claims",
                "answerReturn",
                "差戻しに答える下書きを始める",
                "Begin the answer to a return, or go on with it",
            ),
            claims::answer,
        ),
        // Review
        row(
            GET,
            "/api/v1/review",
            OFFICE,
            Nobody,
            doc("review", "listReview", "審査を待つ申請を一覧する", "List the claims that wait for a person, in order"),
            review::list,
        ),
        row(
            GET,
            "/api/v1/review/counts",
            OFFICE,
            Nobody,
            doc("review", "countReview", "審査を待つ申請の件数を取得する", "Count the claims that wait"),
            review::counts,
        ),
        row(
            GET,
            "/api/v1/review/next",
            REVIEWER,
            Nobody,
            doc(
                "review",
                "nextInReview",
                "次に審査する申請を取得する",
                "Get the next claim of a view that nobody else has before them",
            ),
            review::next,
        ),
        row(
            POST,
            "/api/v1/claims/{id}/decision",
            REVIEWER,
            Claim,
            doc("review", "decideClaim", "決定する", "Approve, return or reject a claim").changes(),
            review::decide,
        ),
        row(
            GET,
            "/api/v1/claims/{id}/duplicates",
            OFFICE,
            Claim,
            doc("review", "listDuplicates", "重複の疑いを一覧する", "List claims that may have the same receipt"),
            review::duplicates,
        ),
        row(
            POST,
            "/api/v1/claims/{id}/duplicates",
            REVIEWER,
            Claim,
            doc("review", "judgeDuplicate", "重複かどうかの判断を記録する", "Say whether two receipts are one"),
            review::judge_duplicate,
        ),
        row(
            GET,
            "/api/v1/claims/{id}/fields",
            OFFICE,
            Claim,
            doc("review", "listCorrections", "読取り内容の訂正を一覧する", "List the corrections of what was read"),
            review::corrections,
        ),
        row(
            POST,
            "/api/v1/claims/{id}/fields",
            REVIEWER,
            Claim,
            doc(
                "review",
                "correctField",
                "読み取った内容を訂正する",
                "Correct what was read; the claim is assessed again",
            )
            .changes(),
            review::correct,
        ),
        row(
            POST,
            "/api/v1/claims/{id}/reassess",
            REVIEWER,
            Claim,
            doc("review", "reassessClaim", "もう一度審査する", "Have a claim assessed again").changes(),
            review::reassess,
        ),
        row(
            GET,
            "/api/v1/claims/{id}/notes",
            OFFICE,
            Claim,
            doc("review", "listNotes", "メモを一覧する", "List the notes beside a claim"),
            review::notes,
        ),
        row(
            POST,
            "/api/v1/claims/{id}/notes",
            REVIEWER,
            Claim,
            doc("review", "addNote", "メモを残す", "Leave a note beside a claim"),
            review::note,
        ),
        row(
            POST,
            "/api/v1/claims/{id}/hand",
            REVIEWER,
            Claim,
            doc("review", "handOver", "担当を引き継ぐ", "Hand a claim to a reviewer"),
            review::hand_over,
        ),
        row(
            POST,
            "/api/v1/claims/{id}/look",
            REVIEWER,
            Claim,
            doc(
                "review",
                "lookAtClaim",
                "申請を表示中であることを知らせる",
                "Say that one has a claim before one, and get who else has",
            )
            .repeatable(),
            review::look,
        ),
        // Payment batches
        row(
            GET,
            "/api/v1/batches",
            PAYMENTS,
            Nobody,
            doc("batches", "listBatches", "支払バッチを一覧する", "List payment batches, the latest first"),
            batches::list,
        ),
        row(
            GET,
            "/api/v1/batches/waiting",
            PAYMENTS,
            Nobody,
            doc(
                "batches",
                "countWaiting",
                "支払を待つ申請の件数と合計を取得する",
                "Count the approved claims that wait for payment",
            ),
            batches::waiting,
        ),
        row(
            POST,
            "/api/v1/batches",
            PREPARER,
            Nobody,
            doc("batches", "prepareBatch", "支払バッチを準備する", "Gather all approved claims into a batch"),
            batches::prepare,
        ),
        row(
            GET,
            "/api/v1/batches/{id}",
            PAYMENTS,
            Nobody,
            doc("batches", "showBatch", "支払バッチを取得する", "Get a batch"),
            batches::show,
        ),
        row(
            GET,
            "/api/v1/batches/{id}/payments",
            PAYMENTS,
            Nobody,
            doc("batches", "listPayments", "支払バッチの支払を一覧する", "List the payments of a batch"),
            batches::payments,
        ),
        row(
            POST,
            "/api/v1/batches/{id}/release",
            RELEASER,
            Nobody,
            doc("batches", "releaseBatch", "支払バッチを承認する", "Release a batch"),
            batches::release,
        ),
        row(
            POST,
            "/api/v1/batches/{id}/cancel",
            BANK,
            Nobody,
            doc("batches", "cancelBatch", "支払バッチを取り消す", "Give a prepared batch up"),
            batches::cancel,
        ),
        row(
            GET,
            "/api/v1/batches/{id}/bank-file",
            BANK,
            Nobody,
            doc("batches", "downloadBankFile", "振込データを取得する", "Download the bank's file"),
            batches::bank_file,
        ),
        row(
            GET,
            "/api/v1/batches/{id}/list",
            BANK,
            Nobody,
            doc("batches", "downloadPaymentList", "支払一覧を取得する", "Download the list of payments (XLSX)"),
            batches::payment_list,
        ),
        // Money
        row(
            GET,
            "/api/v1/budgets",
            OFFICE,
            Nobody,
            doc("money", "listBudgets", "予算を一覧する", "List the budgets"),
            money::budgets,
        ),
        row(
            PUT,
            "/api/v1/budgets/{id}",
            PREPARER,
            Nobody,
            doc("money", "setBudget", "予算を設定する", "Set the budget of a programme"),
            money::set_budget,
        ),
        row(
            GET,
            "/api/v1/budgets/{id}/entries",
            OFFICE,
            Nobody,
            doc("money", "listLedger", "予算の元帳を一覧する", "List the ledger of a programme"),
            money::ledger,
        ),
        row(
            GET,
            "/api/v1/bank-accounts",
            PAYMENTS,
            Nobody,
            doc(
                "money",
                "listUnconfirmedAccounts",
                "確認を待つ振込先口座を一覧する",
                "List the bank accounts that wait for a second person",
            ),
            money::accounts,
        ),
        row(
            POST,
            "/api/v1/bank-accounts/{id}/confirm",
            BANK,
            Nobody,
            doc("money", "confirmAccount", "振込先口座を確認する", "Confirm a bank account as it was looked at"),
            money::confirm_account,
        ),
        row(
            GET,
            "/api/v1/batches/{id}/results",
            PAYMENTS,
            Nobody,
            doc("money", "listResults", "振込結果を一覧する", "List what the bank said of a batch"),
            money::results,
        ),
        row(
            POST,
            "/api/v1/batches/{id}/results",
            BANK,
            Nobody,
            doc("money", "receiveResults", "振込結果を取り込む", "Take a bank's file of results"),
            money::receive_results,
        ),
        row(
            POST,
            "/api/v1/batches/{id}/results/correct",
            BANK,
            Nobody,
            doc("money", "correctResult", "振込結果を訂正する", "Correct a result: it was not paid after all"),
            money::correct_result,
        ),
        row(
            POST,
            "/api/v1/claims/{id}/account",
            FACILITY,
            Claim,
            doc(
                "money",
                "correctAccount",
                "振込先口座を訂正する",
                "Give another bank account after a payment was sent back",
            ),
            money::correct_account,
        ),
        // Overview
        row(
            GET,
            "/api/v1/overview",
            OFFICE,
            Nobody,
            doc("overview", "showOverview", "全体の状況を取得する", "Get the counts of the overview"),
            overview::show,
        ),
        // The decision log
        row(
            GET,
            "/api/v1/log",
            AUDIT,
            Nobody,
            doc("log", "searchLog", "決定記録を検索する", "Search the decision log, the newest first"),
            log::search,
        ),
        row(
            GET,
            "/api/v1/log/{position}",
            AUDIT,
            Nobody,
            doc("log", "showEntry", "記録とその証明を取得する", "Get an entry with its proof"),
            log::entry,
        ),
        row(
            GET,
            "/api/v1/log/checkpoint",
            AUDIT,
            Nobody,
            doc("log", "showCheckpoint", "チェックポイントを取得する", "Get the latest signed checkpoint"),
            log::checkpoint,
        ),
        row(
            GET,
            "/api/v1/log/checkpoint/note",
            AUDIT,
            Nobody,
            doc(
                "log",
                "downloadCheckpoint",
                "チェックポイントの署名付き文書を取得する",
                "Download the latest checkpoint as the signed note",
            )
            .may_lack(),
            log::note,
        ),
        row(
            GET,
            "/api/v1/log/entries",
            AUDIT,
            Nobody,
            doc(
                "log",
                "exportEntries",
                "記録を書き出す",
                "Export entries as lines of JSON, byte for byte what the tree is made of",
            ),
            log::entries,
        ),
        row(
            GET,
            "/api/v1/log/tiles/{level}/{number}",
            AUDIT,
            Nobody,
            doc("log", "downloadTile", "木のタイルを取得する", "Download a tile of the tree"),
            log::tile,
        ),
        // Accounts
        row(
            GET,
            "/api/v1/accounts",
            ADMINISTRATOR,
            Nobody,
            doc("accounts", "listAccounts", "利用者を一覧する", "List accounts"),
            accounts::list,
        ),
        row(
            POST,
            "/api/v1/accounts",
            ADMINISTRATOR,
            Nobody,
            doc("accounts", "addAccount", "利用者を追加する", "Add an account; its first password is told once"),
            accounts::add,
        ),
        row(
            GET,
            "/api/v1/accounts/{id}",
            ADMINISTRATOR,
            Nobody,
            doc("accounts", "showAccount", "利用者を取得する", "Get an account"),
            accounts::show,
        ),
        row(
            PUT,
            "/api/v1/accounts/{id}",
            ADMINISTRATOR,
            Nobody,
            doc("accounts", "changeAccount", "利用者を変更する", "Change or close an account").changes(),
            accounts::change,
        ),
        row(
            POST,
            "/api/v1/accounts/{id}/reset",
            ADMINISTRATOR,
            Nobody,
            doc("accounts", "resetAccount", "パスワードを再発行する", "Give an account a new password, told once"),
            accounts::reset,
        ),
        row(
            POST,
            "/api/v1/invitations",
            ADMINISTRATOR,
            Nobody,
            doc(
                "accounts",
                "inviteFacility",
                "医療機関等を招待する",
                "Invite an institution to make its account; the code is told once",
            ),
            accounts::invite,
        ),
        // One's own
        row(
            GET,
            "/api/v1/account",
            EVERYONE,
            Self_,
            doc("account", "showOwnAccount", "自分の利用者情報を取得する", "Get the account of the token"),
            account::show,
        ),
        row(
            GET,
            "/api/v1/account/tokens",
            EVERYONE,
            Self_,
            doc("account", "listTokens", "自分のAPIトークンを一覧する", "List the account's tokens"),
            account::tokens,
        ),
        row(
            POST,
            "/api/v1/account/tokens",
            EVERYONE,
            Self_,
            doc(
                "account",
                "addToken",
                "APIトークンを作成する",
                "Make a token that may no more and holds no longer than the one that asks; it is told once",
            ),
            account::add_token,
        ),
        row(
            DELETE,
            "/api/v1/account/tokens/{sha256}",
            EVERYONE,
            Self_,
            doc("account", "endToken", "APIトークンを無効にする", "End a token"),
            account::end_token,
        ),
        row(
            POST,
            "/api/v1/drafts/{id}/documents/{position}/fields",
            FACILITY,
            Draft,
            doc("drafts", "stateField", "読み取りの誤りを訂正する", "State what a field says, where it was misread")
                .changes(),
            drafts::state_field,
        ),
        row(
            POST,
            "/api/v1/claims/{id}/withdraw",
            FACILITY,
            Claim,
            doc("claims", "withdrawClaim", "申請を取り下げる", "Take a claim back").changes(),
            claims::withdraw,
        ),
        row(
            GET,
            "/api/v1/claims/{id}/messages",
            READERS,
            Claim,
            doc("claims", "listMail", "申請についてのメールを一覧する", "List the mail that tells of a claim"),
            messages::of_claim,
        ),
        row(
            GET,
            "/api/v1/log/{position}/replay",
            AUDIT,
            Nobody,
            doc("log", "replayAssessment", "審査を計算し直す", "Work an assessment out again, beside what was logged"),
            log::replay,
        ),
        row(
            GET,
            "/api/v1/proofs/{position}",
            EVERYONE,
            Nobody,
            doc("log", "showProof", "記録の証明を取得する", "Get the proof of an entry without what it says"),
            log::proof,
        ),
        row(
            GET,
            "/api/v1/messages",
            ADMINISTRATOR,
            Nobody,
            doc("messages", "listMessages", "メールを一覧する", "List the mail to facilities"),
            messages::list,
        ),
        row(
            POST,
            "/api/v1/messages/{id}/again",
            ADMINISTRATOR,
            Nobody,
            doc("messages", "sendAgain", "メールをもう一度送る", "Send a message again that was given up"),
            messages::again,
        ),
        row(
            PUT,
            "/api/v1/account/email",
            EVERYONE,
            Self_,
            doc("account", "changeEmail", "メールアドレスを変更する", "Change the mail address of the account"),
            account::change_email,
        ),
    ]
}
