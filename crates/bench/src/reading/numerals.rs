//! Numbers and days as people write them on paper, for the papers of the bench. Written apart from what `ingest` reads.

use jiff::civil::Date;

const FORMAL: [char; 10] = ['零', '壱', '弐', '参', '四', '五', '六', '七', '八', '九'];
const KANJI: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// In formal numerals (大字): 壱拾弐万参千四百五拾. Below a hundred million.
pub(crate) fn formal(number: u32) -> String {
    let below = |n: u32| {
        let mut out = String::new();
        for (unit, name) in [(1000, "千"), (100, "百"), (10, "拾"), (1, "")] {
            let digit = n / unit % 10;
            if digit > 0 {
                out.push(FORMAL[digit as usize]);
                out.push_str(name);
            }
        }
        out
    };
    let (high, low) = (number / 10_000, number % 10_000);
    if high == 0 { below(low) } else { format!("{}万{}", below(high), below(low)) }
}

/// A number below a hundred in kanji as in days: 十五, 二十一, 七.
fn small_kanji(n: u32) -> String {
    match (n / 10, n % 10) {
        (0, ones) => KANJI[ones as usize].to_string(),
        (1, 0) => "十".to_owned(),
        (1, ones) => format!("十{}", KANJI[ones as usize]),
        (tens, 0) => format!("{}十", KANJI[tens as usize]),
        (tens, ones) => format!("{}十{}", KANJI[tens as usize], KANJI[ones as usize]),
    }
}

/// The forms that days are written in; `variation` picks one.
pub(crate) fn day(day: Date, variation: usize) -> String {
    let (year, month, date) = (i32::from(day.year()), day.month(), day.day());
    // 令和1年 is 2019.
    let era = year - 2018;
    match variation % 9 {
        0 => format!("令和{era}年{month}月{date}日"),
        1 => format!("{year}年{month}月{date}日"),
        2 => format!("{year}/{month:02}/{date:02}"),
        3 => format!("{year}年{month:02}月{date:02}日"),
        4 => format!("令和 {era} 年 {month} 月 {date} 日"),
        5 => format!("R{era}.{month}.{date}"),
        6 => format!("{year}-{month:02}-{date:02}"),
        7 => format!("令和{era:02}年{month:02}月{date:02}日"),
        _ => format!("{year}.{month}.{date}"),
    }
}

/// 令和七年六月十五日.
pub(crate) fn kanji_day(day: Date) -> String {
    let part = |n: i8| small_kanji(u32::from(n.unsigned_abs()));
    let era = u32::from(day.year().unsigned_abs()).saturating_sub(2018);
    format!("令和{}年{}月{}日", small_kanji(era), part(day.month()), part(day.day()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn numbers_and_days_are_written_as_on_receipts() {
        assert_eq!(formal(143_000), "壱拾四万参千");
        assert_eq!(formal(1_203_050), "壱百弐拾万参千五拾");
        assert_eq!(kanji_day(date(2025, 6, 21)), "令和七年六月二十一日");
        assert_eq!(day(date(2025, 6, 5), 2), "2025/06/05");
        assert_eq!(day(date(2025, 6, 5), 0), "令和7年6月5日");
    }
}
