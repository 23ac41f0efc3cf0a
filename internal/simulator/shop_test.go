package simulator

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

func TestShopKnowsTheOrdersOfTheDay(t *testing.T) {
	s := NewShop()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	steps, now := Day(1), time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	s.Stock(steps, 1, now)
	found, missing, stuck := 0, 0, 0
	for _, step := range steps {
		for _, number := range orderNumber.FindAllString(step.Text, -1) {
			res, err := http.Get(s.URL() + "/orders/" + number)
			if err != nil {
				t.Fatal(err)
			}
			var o Order
			err = json.NewDecoder(res.Body).Decode(&o)
			res.Body.Close()
			switch {
			case res.StatusCode == http.StatusNotFound:
				missing++
			case err != nil || o.Status == "" || o.Currency == "":
				t.Errorf("%d %+v %v", res.StatusCode, o, err)
			default:
				found++
				if o.DeliveredAt == nil && now.Sub(o.MovedAt) > 5*24*time.Hour {
					stuck++
				}
			}
		}
	}
	if found < 20 || missing == 0 || stuck == 0 || s.Asked() != found+missing {
		t.Errorf("%d found, %d stuck, %d missing, asked %d times", found, stuck, missing, s.Asked())
	}
}
