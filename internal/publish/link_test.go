package publish

import "testing"

func TestLinkNamesItsPost(t *testing.T) {
	for address, want := range map[string]string{
		"https://social.example/@shop_help/9050":            "9050",
		"https://social.example/@shop_help/statuses/01ABC/": "01ABC",
		"https://x.com/shop_help/status/2123/photo/1":       "2123",
		"https://x.com/shop_help/status/2123?s=20":          "2123",
		"https://x.com/shop_help/status/":                   "",
		"https://social.example/":                           "",
		"https://social.example":                            "",
		"javascript:alert(1)":                               "",
		"9050":                                              "",
	} {
		if got := postOf(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
