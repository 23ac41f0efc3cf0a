package triage

import (
	"testing"
)

func TestLanguageOfATextIsToldOnlyWhenSure(t *testing.T) {
	tr, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"We are sorry that your order has not arrived. Please send us a direct message.":                        "en",
		"Es tut uns leid, dass Ihre Bestellung noch nicht da ist. Bitte schreiben Sie uns eine Nachricht.":      "de",
		"Sentimos mucho que su pedido no haya llegado. Por favor, envíenos un mensaje con el número.":           "es",
		"Nous sommes désolés que votre commande ne soit pas arrivée. Envoyez-nous un message, s'il vous plaît.": "fr",
		"Lamentamos que o seu pedido não tenha chegado. Por favor, envie-nos uma mensagem direta.":              "pt",
		"Ci dispiace che il suo ordine non sia ancora arrivato. Per favore ci scriva un messaggio.":             "it",
		"ご不便をおかけしております。":                                                                                        "ja",
		"देरी के लिए खेद है।":                                                                                   "hi",
		"": "", "K-1042": "", "OK!": "", "Danke": "", "Sorry, Anna": "", "Hola, Anna": "", "4471": "", "Спасибо за терпение, мы ищем": "",
		"@customer1 https://shop.example/help": "",
	} {
		if got := tr.Language(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
