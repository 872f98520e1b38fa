package centralized

import (
	"net/http"
)

// A Restriction is an order of the authority against one person (R-CEN-05).
type Restriction struct {
	InternetNumber string `json:"internet_number"`
	OrgID          string `json:"orgID,omitempty"` // with AppID: at this application only
	AppID          string `json:"appID,omitempty"`
	Lift           bool   `json:"lift,omitempty"` // end the restriction instead
}

func (s *Service) serveRestrict(w http.ResponseWriter, r *http.Request) {
	var order Restriction
	if !s.read(w, r, &order) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.byNumber[order.InternetNumber]
	if a == nil {
		fail(w, http.StatusNotFound, "internet-number", "nobody has this internet number")
		return
	}
	app := order.OrgID + "/" + order.AppID
	switch {
	case order.OrgID == "" && order.AppID == "":
		a.barred = !order.Lift
	case s.applications[app] == nil:
		fail(w, http.StatusNotFound, "application", "no such application: %s", app)
		return
	default:
		a.barredFrom[app] = !order.Lift
	}
	w.WriteHeader(http.StatusNoContent)
}
