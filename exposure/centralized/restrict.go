package centralized

import "net/http"

// A Restriction is an order of the authority against one person (R-CEN-05).
type Restriction struct {
	InternetNumber string `json:"internet_number"`
	OrgID          string `json:"orgID,omitempty"` // with AppID: at this application only
	AppID          string `json:"appID,omitempty"`
	Lift           bool   `json:"lift,omitempty"` // end that restriction instead
}

const maxRestriction = 4096 // bytes

// serveRestrict takes an order. One for every platform and those for single
// ones stand beside each other, and each is lifted for itself.
func (s *Service) serveRestrict(w http.ResponseWriter, r *http.Request) {
	var order Restriction
	if !readJSON(w, r, maxRestriction, &order) {
		return
	}
	if status, check, text := s.restrict(order); status != http.StatusNoContent {
		fail(w, status, check, "%s", text)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Service) restrict(order Restriction) (status int, check, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.byNumber[order.InternetNumber]
	app := application{order.OrgID, order.AppID}
	switch {
	case a == nil:
		return http.StatusNotFound, "internet-number", "nobody has this internet number"
	case app == application{}:
		a.barred = !order.Lift
	case s.applications[app] == nil:
		return http.StatusNotFound, "application", "no application has this orgID and appID"
	case order.Lift:
		delete(a.barredFrom, app)
	default:
		a.barredFrom[app] = true
	}
	return http.StatusNoContent, "", ""
}
