package charset

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"gallery/internal/testkit"
)

func encode(t testing.TB, c *charmap.Charmap, s string) []byte {
	t.Helper()
	b, err := c.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatalf("%v has no %q: %v", c, s, err)
	}
	return b
}

func TestDecode(t *testing.T) {
	for c, texts := range map[*charmap.Charmap][]string{
		charmap.Windows1252: {"Café", "Größe & Übermut", "L’été à la plage", "Año Nuevo", "Smørrebrød på Strøget", "São João",
			"Mädchen", "ÜBERFAHRT", "STRAßE", "Ärger", "¿Dónde está?", "“Olga” – am See…", "20 °C, 5 €", "© Olga Müller", "©Olga Müller",
			"Köln–Bonn", "Reykjavík", "perché così", "l’île d’Yeu", "don’t", "Zoë’s", "cœur", "Ålesund", "corações", "maçã", "ça va", "Lego™ in März"},
		charmap.Macintosh: {"Café Zoë", "Größe", "für", "Mädchen", "à la plage", "Äpfel", "Österreich", "Übung", "Año Nuevo", "García",
			"María", "Perú", "hôtel", "Smørrebrød", "São João", "garçon", "Ålesund", "naïf", "Tübingen", "più", "Señor", "Märchen", "forêt"},
		charmap.Windows1250: {"Příbram, léto", "Łódź, wiosna", "Żółw błotny", "Kraków", "Győr", "Čeština", "Toruń", "Gdańsk", "Plzeňská věž",
			"Brněnsko", "Škofja Loka", "Băile", "erdő"},
		charmap.Windows1254: {"İstanbul, güneşli bir gün", "Muğla'da kış güneşi"},
		charmap.Windows1251: {"Озеро Байкал", "Бабушка на даче, июль 1985", "Москва", "С днём рождения!", "Київ, Майдан Незалежності", "море",
			"Сочи", "БАЙКАЛ ЛЕТОМ", "Nikon и озеро", "Пловдив", "«Аврора», Нева", "№ 5, парк"},
		charmap.KOI8R:             {"Озеро Байкал", "Бабушка на даче, июль 1985", "Озеро", "БАЙКАЛ ЛЕТОМ", "озеро", "река летом", "поезд", "вечер на море", "парк зимой"},
		charmap.MacintoshCyrillic: {"Озеро Байкал", "Бабушка на даче"},
		charmap.CodePage866:       {"Озеро Байкал", "Бабушка на даче"},
		charmap.Windows1253:       {"Καλημέρα Ελλάδα", "Ακρόπολη Αθηνών", "ένα 1"},
		charmap.Windows1255:       {"ירושלים", "חיפה", "תל אביב בלילה"},
		charmap.Windows1256:       {"القاهرة مصر"},
		charmap.CodePage850:       {"Größe", "Übermut in Österreich"},
	} {
		for _, want := range texts {
			got, sure := Decode(encode(t, c, want))
			if got != want || !sure {
				t.Errorf("Decode(%q in %v) = %q, %v", want, c, got, sure)
			}
		}
	}
}

func TestDecode_utf8(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		"plain":                 "plain",
		"Café 東":                "Café 東",
		"Größe und Überm\xc3":   "Größe und Überm",
		"日本語\xe6\x97":           "日本語",
		"Größe, Übermut, \xff.": "Größe, Übermut, \ufffd.",
	} {
		if got, sure := Decode([]byte(in)); got != want || !sure {
			t.Errorf("Decode(%q) = %q, %v, want %q", in, got, sure, want)
		}
	}
}

// What is in none of the encodings is reported, not shown in a wrong one. A
// caller who shows it nevertheless has a character for each byte.
func TestDecode_unsure(t *testing.T) {
	var all [][]byte
	for _, s := range []string{"富士山の朝", "京都の桜", "清水寺", "花火", "旅行", "神社", "家族", "空"} {
		for _, e := range []interface{ Bytes([]byte) ([]byte, error) }{japanese.ShiftJIS.NewEncoder(), japanese.EUCJP.NewEncoder()} {
			b, err := e.Bytes([]byte(s))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b)
		}
	}
	for _, s := range []string{"长城", "北京天安门广场", "上海外滩", "日月潭", "高雄", "花蓮", "神社神社"} {
		b, _ := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(s))
		all = append(all, b)
	}
	for _, s := range []string{"臺北車站", "日月潭", "雪", "花火"} {
		b, _ := traditionalchinese.Big5.NewEncoder().Bytes([]byte(s))
		all = append(all, b)
	}
	for _, s := range []string{"서울 남산타워", "제주도", "바다", "寺", "海岸", "紅葉"} {
		b, _ := korean.EUCKR.NewEncoder().Bytes([]byte(s))
		all = append(all, b)
	}
	all = append(all, []byte("\xff"), []byte("\xff\x00\x81\x8d"), []byte("\x81\x8d\x8f\x90\x9d\xad\xff\xfe\x01"))
	for _, b := range all {
		if got, sure := Decode(b); sure || utf8.RuneCountInString(got) != len(b) || !utf8.ValidString(got) {
			t.Errorf("Decode(%q) = %q, %v, want a character for each byte, unsure", b, got, sure)
		}
	}
}

func TestFile(t *testing.T) {
	const want = "# Größe & Übermut\r\n\r\nSchöne Tage."
	wide := func(order int) string {
		var b []byte
		for _, r := range want {
			pair := []byte{byte(r), byte(r >> 8)}
			b = append(b, pair[order], pair[1-order])
		}
		return string(b)
	}
	for name, in := range map[string]string{
		"UTF-8":                 want,
		"UTF-8 with a mark":     "\ufeff" + want,
		"UTF-16, little-endian": "\xff\xfe" + wide(0),
		"UTF-16, big-endian":    "\xfe\xff" + wide(1),
		"UTF-16, cut":           "\xff\xfe" + wide(0) + "x",
		"Windows-1252":          string(encode(t, charmap.Windows1252, want)),
	} {
		if got := File([]byte(in)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestLatin(t *testing.T) {
	for _, test := range []struct {
		in   string
		part int
		want string
	}{
		{"Caf\xe9 \x93x\x94", 1, "Café “x”"},
		{"\xb1\xe6", 2, "ąć"},
		{"\xbe\xd7\xd5\xe0\xde", 5, "Озеро"},
		{"\xe9\xa4", 15, "é€"},
		{"Caf\xe9", 99, "Café"},
		{"Café", 1, "Café"},
	} {
		if got := Latin([]byte(test.in), test.part); got != test.want {
			t.Errorf("Latin(%q, %d) = %q, want %q", test.in, test.part, got, test.want)
		}
	}
}

// Text made to be slow to judge costs no more than some of which the encoding shows at once.
func TestDecode_hostile(t *testing.T) {
	for _, piece := range []string{"\xff", "\xe9", "\x92a", "\xb9", "a\x92", "\xc3", "\xc3\xa9\xff\xff", "\xce\xe7"} {
		text := []byte(strings.Repeat(piece, 64_000/len(piece)))
		start := testkit.ProcessorTime()
		for range 20 {
			Decode(text)
		}
		if d := testkit.ProcessorTime() - start; d > 20*5*time.Millisecond {
			t.Errorf("%q… took a processor %v", piece, d/20)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("Caf\x8e Zo\x91"))
	f.Add([]byte("\xce\xe7\xe5\xf0\xee"))
	f.Add([]byte("\xff\xfea\x00"))
	f.Add([]byte(strings.Repeat("\x92a", 600)))
	f.Fuzz(func(t *testing.T, b []byte) {
		start := testkit.ProcessorTime()
		got, sure := Decode(b)
		if !utf8.ValidString(got) || !utf8.ValidString(File(b)) {
			t.Errorf("Decode(%q) = %q", b, got)
		}
		if utf8.Valid(b) && (!sure || got != string(b)) {
			t.Errorf("Decode(%q) = %q, %v", b, got, sure)
		}
		if !sure && utf8.RuneCountInString(got) != len(b) {
			t.Errorf("Decode(%q) = %q: not a character for each byte", b, got)
		}
		if d := testkit.ProcessorTime() - start; d > time.Second {
			t.Errorf("took a processor %v", d)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for name, text := range map[string][]byte{
		"utf8":    []byte("Größe und Übermut am See"),
		"1252":    encode(b, charmap.Windows1252, "Größe und Übermut am See"),
		"1251":    encode(b, charmap.Windows1251, "Озеро Байкал, июль 1985"),
		"hostile": []byte(strings.Repeat("\xe9\xb9", 4000)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Decode(text)
			}
		})
	}
}
