package confusable

import "testing"

func TestLetter(t *testing.T) {
	for r, want := range map[rune]rune{'a': 'a', 'A': 'a', 'Η': 'h', 'η': 'n', 'А': 'a', 'ʙ': 'b', '‑': '-', 'É': 'é', '7': '7', '注': '注'} {
		if got := Letter(r); got != want {
			t.Errorf("%c passes for %c, want %c", r, got, want)
		}
	}
	for r, l := range twins {
		if again := Letter(l); again != l {
			t.Errorf("%c passes for %c, which passes for %c", r, l, again)
		}
	}
}

func TestOneEdit(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"shop", "shop", false}, {"shop", "shoop", true}, {"shop", "sop", true}, {"shop", "shap", true}, {"shop", "sohp", true},
		{"shop", "spoh", false}, {"shop", "sp", false}, {"", "a", true}, {"", "", false}, {"shop", "shopxy", false}, {"shop", "hsop", true},
	} {
		if got := OneEdit(tt.a, tt.b); got != tt.want || OneEdit(tt.b, tt.a) != tt.want {
			t.Errorf("%q and %q: %t", tt.a, tt.b, got)
		}
	}
}
