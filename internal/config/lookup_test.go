package config

import (
	"strings"
	"testing"
)

func TestLookupIsCheckedWhereItStands(t *testing.T) {
	for text, want := range map[string]string{
		"url: 'https://shop.example/api/{order}'":                                            "",
		"url: 'https://shop.example/api?n={order}'":                                          "",
		"url: 'http://127.0.0.1:8080/{order}'":                                               "",
		"url: 'http://10.0.0.7/{order}', allow_http: true":                                   "",
		"view: shop.orders":                                                                  "",
		"url: 'http://shop.internal/{order}'":                                                "allow_http",
		"url: https://shop.example/api":                                                      "{order} once",
		"url: 'https://{order}.shop.example/'":                                               "{order} once",
		"url: 'https://shop.example/#{order}'":                                               "{order} once",
		"url: 'https://shop.example/{order}/{order}'":                                        "{order} once",
		"url: 'https://key:word@shop.example/{order}'":                                       "name or password",
		"url: 'ftp://shop.example/{order}'":                                                  "write the address",
		"url: 'https://shop.example/{order}', view: a.b":                                     "either url or view",
		"view: 'shop.orders; drop table cases'":                                              "schema's",
		"url: 'https://shop.example/{order}', headers_env: {Authorization: 'Bearer s3cret'}": "never the value",
		"url: 'https://shop.example/{order}', headers_env: {'X:': A_B}":                      "header's name",
		"url: 'https://shop.example/{order}', fields: {colour: a}":                           "no such fact",
		"url: 'https://shop.example/{order}', fields: {status: 'a..b'}":                      "names with dots",
		"view: a.b, timeout: 1m":                                                             "30s",
		"view: a.b, refresh: 1m":                                                             "10m",
		"view: a.b, stuck_after: -1":                                                         "days",
	} {
		_, err := Parse("f.yaml", []byte("lookup: {"+text+"}\n"))
		if want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestHeadersOfLookupsAreNeverQuoted(t *testing.T) {
	l := Lookup{HeadersEnv: map[string]string{"Authorization": "SOCIALWATCH_TEST_LOOKUP"}}
	for value, good := range map[string]bool{"Bearer s3cret": true, "": false, "s3cret\r\nHost: x": false} {
		t.Setenv("SOCIALWATCH_TEST_LOOKUP", value)
		got, err := l.Headers()
		if good != (err == nil) || good && got["Authorization"] != value || err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v, %v", value, got, err)
		}
	}
}
