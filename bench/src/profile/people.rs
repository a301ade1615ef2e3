//! Made-up customers: from the number of one follows everything about them, so none need be kept.

use std::fmt::Write as _;

const FAMILIES: [&str; 40] = [
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Williams",
    "Wilson",
    "Johnson",
    "Davies",
    "Patel",
    "Wright",
    "Evans",
    "Walker",
    "Roberts",
    "Green",
    "Hall",
    "Wood",
    "Clarke",
    "Müller",
    "Schmidt",
    "Schneider",
    "Fischer",
    "Weber",
    "Meyer",
    "Wagner",
    "Becker",
    "García",
    "Martínez",
    "López",
    "Sánchez",
    "Rossi",
    "Russo",
    "Ferrari",
    "Dubois",
    "Moreau",
    "Laurent",
    "Nowak",
    "Kowalski",
    "Jansen",
    "de Vries",
    "Øverland",
];
const GIVEN: [&str; 40] = [
    "Ada", "Oliver", "Amelia", "Harry", "Isla", "Jack", "Ava", "George", "Mia", "Noah", "Emily",
    "Leo", "Ella", "Arthur", "Grace", "Oscar", "Lily", "Theo", "Freya", "Max", "Anna", "Paul",
    "Lena", "Jonas", "Lucía", "Hugo", "Martina", "Mateo", "Giulia", "Marco", "Chloé", "Louis",
    "Zofia", "Jan", "Sanne", "Daan", "Ingrid", "Lars", "Nora", "Émile",
];
const CHINESE_FAMILIES: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭",
    "何", "林", "高", "欧阳",
];
const CHINESE_SYLLABLES: [&str; 30] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明",
    "超", "秀", "霞", "平", "刚", "桂", "英", "华", "建", "文", "玉", "小", "国", "海",
];

/// The first row of the file.
pub(super) const HEADER: &str = "no,family,given,phone,email,born,region\n";

/// Spreads numbers, the same in every run.
fn spread(number: u32, salt: u64) -> u64 {
    // SplitMix64.
    let mut mixed = (u64::from(number) ^ (salt << 32)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// One of so many, by chance.
pub(super) fn below(most: u32, number: u32, salt: u64) -> u32 {
    u32::try_from(spread(number, salt) % u64::from(most.max(1))).unwrap_or_default()
}

fn one_of<'a>(list: &[&'a str], number: u32, salt: u64) -> &'a str {
    let count = u32::try_from(list.len()).unwrap_or(1);
    let place = usize::try_from(below(count, number, salt)).unwrap_or_default();
    list.get(place).copied().unwrap_or_default()
}

/// Every third one writes the name in Chinese characters.
pub(super) fn name(number: u32) -> (String, String) {
    if number.is_multiple_of(3) {
        let mut given = one_of(&CHINESE_SYLLABLES, number, 2).to_owned();
        if !number.is_multiple_of(4) {
            given.push_str(one_of(&CHINESE_SYLLABLES, number, 3));
        }
        (one_of(&CHINESE_FAMILIES, number, 1).to_owned(), given)
    } else {
        let given = one_of(&GIVEN, number, 2).to_owned();
        // Many names, of which some are frequent: as where people come from everywhere.
        let mut family = one_of(&FAMILIES, number, 1).to_owned();
        if number.is_multiple_of(2) {
            family.push('-');
            family.push_str(one_of(&FAMILIES, number, 4));
        }
        (family, given)
    }
}

pub(super) fn phone(number: u32) -> String {
    format!("+44{:010}", 7_000_000_000 + u64::from(number) * 7)
}

pub(super) fn email(number: u32) -> String {
    format!("c{number}@example.com")
}

/// Adds the row of one to a file.
pub(super) fn write_row(file: &mut String, number: u32) {
    let (family, given) = name(number);
    let (phone, email) = (phone(number), email(number));
    let born = 1_940 + below(65, number, 5);
    let (month, day) = (1 + below(12, number, 6), 1 + below(28, number, 7));
    let region = if number.is_multiple_of(3) { "CN" } else { "GB" };
    // Writing to a string never fails.
    let _ = writeln!(
        file,
        "{number},{family},{given},{phone},{email},{born}-{month:02}-{day:02},{region}"
    );
}
