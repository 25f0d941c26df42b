"""Short texts in older encodings, each of which has to come out right or be refused, never as other letters."""

from __future__ import annotations

import pytest

from text.decoding import NotText, decode


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp874", "ค่าจอดเรือสำหรับผู้มาเยือนคือเก้ายูโรต่อคืน กรุณาติดต่อสำนักงานก่อนสองวัน"),
        ("tis_620", "เวลาเปิดทำการของสโมสร"),
        ("iso8859_7", "Το σκάφος πληρώνει εννέα ευρώ τη νύχτα. Η αίτηση στέλνεται πριν."),
        ("iso8859_8", "דמי העגינה לסירה אורחת הם תשעה אירו ללילה."),
        ("iso8859_9", "Misafir teknenin bağlama ücreti gecelik dokuz avrodur."),
        ("iso8859_2", "Opłata za cumowanie łodzi wynosi dziewięć złotych."),
        ("iso8859_5", "Порт закрыт зимой. Свяжитесь с капитаном."),
        ("iso8859_6", "رسوم رسو القارب الزائر تسعة يورو في الليلة."),
        ("iso8859_15", "La redevance est de 9 € par nuit, l’œuvre dès l’été.".replace("’", "'")),
        ("cp866", "Порт закрыт зимой. Свяжитесь с капитаном за два дня."),
        ("mac_cyrillic", "Порт закрыт зимой. Свяжитесь с капитаном за два дня."),
        ("cp1251", "Порт зачинений узимку. Зв'яжіться з капітаном за два дні."),
        ("koi8_u", "Порт зачинений узимку. Зв'яжіться з капітаном за два дні."),
        ("cp1257", "Mokestis už svečių laivą yra devyni eurai. Prašymą siųskite prieš dvi dienas."),
        ("cp1258", "Phi\u0301 đâ\u0323u thuyê\u0300n cho kha\u0301ch la\u0300 chi\u0301n euro mô\u0303i đêm."),
        ("euc_jp", "係留料金は一泊九百円です。申請は二日前までにお願いします。"),
        ("iso2022_jp", "係留料金は一泊九百円です。"),
        ("shift_jis", "営業時間"),
        ("cp949", "똠방각하 펲시콜라 방문 보트의 요금은 구천 원입니다."),
        ("euc_kr", "영업시간 안내"),
        ("big5", "係留費用每晚九歐元，請於兩日前提出申請。"),
        ("mac_roman", "Le port est fermé l’été à cause des travaux. Où est la clé ?"),
        ("mac_roman", "Größe: 4 m, für Anfänger"),
        ("cp850", "Die Gebühr für Gäste beträgt neun Euro. Größere Boote müssen warten."),
        ("cp437", "Die Gebühr für Gäste beträgt neun Euro. Größere Boote müssen warten."),
        ("cp1255", "שעות פתיחה"),
        ("cp1256", "ساعات العمل"),
        ("cp1254", "Çalışma saatleri: hafta içi dokuzdan beşe"),
        ("cp1250", "Provozní doba: v pondělí až pátek, klíče jsou v kanceláři."),
        ("cp1250", "A kikötő télen zárva tart. Kérjük, hívja a kapitányt."),
        ("euc_kr", "공지"),
        ("cp1254", "Giriş"),
        ("cp852", "Książki można wypożyczać na miesiąc."),
        ("cp737", "Η βιβλιοθήκη ανοίγει στις εννέα το πρωί."),
        ("johab", "도서관은 월요일에 쉽니다."),
    ],
)
def test_a_text_is_read_or_refused_but_never_wrong(encoding: str, text: str) -> None:
    try:
        found = decode(text.encode(encoding))
    except NotText:
        return
    assert found == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp874", "ค่าจอดเรือสำหรับผู้มาเยือนคือเก้ายูโรต่อคืน กรุณาติดต่อสำนักงานก่อนสองวัน"),
        ("iso8859_2", "Opłata za cumowanie łodzi wynosi dziewięć złotych. Wniosek należy złożyć."),
        ("iso8859_7", "Το σκάφος πληρώνει εννέα ευρώ τη νύχτα. Η αίτηση στέλνεται πριν."),
        ("cp866", "Порт закрыт зимой. Свяжитесь с капитаном за два дня."),
        ("mac_cyrillic", "Порт закрыт зимой. Свяжитесь с капитаном за два дня."),
        ("euc_jp", "係留料金は一泊九百円です。申請は二日前までにお願いします。"),
        ("iso2022_jp", "係留料金は一泊九百円です。"),
        ("cp1251", "Порт зачинений узимку. Зв'яжіться з капітаном за два дні."),
        ("koi8_u", "Порт зачинений узимку. Зв'яжіться з капітаном за два дні."),
        ("mac_roman", "Le port est fermé l’été à cause des travaux. Où est la clé ?"),
        ("cp850", "Die Gebühr für Gäste beträgt neun Euro. Größere Boote müssen warten."),
    ],
)
def test_the_encodings_of_whole_sentences_are_recognised(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1253", "ΩΡΕΣ ΛΕΙΤΟΥΡΓΙΑΣ"),
        ("iso8859_7", "ΤΟ ΓΡΑΦΕΙΟ ΕΙΝΑΙ ΚΛΕΙΣΤΟ ΤΗΝ ΚΥΡΙΑΚΗ"),
        ("cp1253", "ΟΙ ΕΠΙΣΚΕΠΤΕΣ ΠΛΗΡΩΝΟΥΝ ΕΝΝΕΑ ΕΥΡΩ ΤΗ ΝΥΧΤΑ"),
        ("koi8_r", "порт закрыт зимой, ключи в конторе"),
        ("koi8_r", "час, неделя, месяц"),
        ("mac_greek", "Το σκάφος πληρώνει εννέα ευρώ τη νύχτα. Η αίτηση στέλνεται πριν."),
        ("mac_greek", "Το γραφείο είναι κλειστό την Κυριακή."),
        ("cp1253", "Αποθετήρια για χρήστες"),
        ("kz1048", "Кітапхана дүйсенбі күні жабық."),
        ("kz1048", "Жұмыс уақыты"),
        ("ptcp154", "Кеме үшін төлем тәулігіне тоғыз еуро."),
        ("ptcp154", "Қонақтар кітапқа жазылады."),
        ("cp1251", "Її човен стоїть біля об'єкта, і є ще ґанок."),
        ("mac_cyrillic", "Оконный менеджер"),
        ("cp874", "ปิดวันจันทร์"),
        ("cp874", "ห้องสมุด"),
        ("cp874", "ห้ามสูบบุหรี่"),
        ("cp932", "ﾌﾘｺﾐ ﾔﾏﾀﾞ ﾀﾛｳ"),
        ("cp932", "ﾎﾞｰﾄ,ﾘｮｳｷﾝ\nﾖｯﾄ,900\n"),
        ("cp932", "ﾄｼｮｶﾝ ﾊ ｹﾞﾂﾖｳﾋﾞ ﾆ ﾔｽﾐ ﾃﾞｽ"),
        ("euc_jp", "権限で実行されます"),
    ],
)
def test_capitals_marks_and_rarer_alphabets_are_recognised(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text
