package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/halfmask/halfmask/exposure/centralized"
	"github.com/halfmask/halfmask/issuer/enrollment"
	"github.com/halfmask/halfmask/spec"
)

const (
	defaultService   = "http://127.0.0.1:7003"
	defaultPlatforms = "http://127.0.0.1:7004"
)

func centralizedCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "centralized",
		Short: "Run the centralized design, to compare: every login passes the service",
		Example: `  halfmask centralized serve
  halfmask centralized enroll --document card --phone +999000000001
  halfmask centralized login syn-01`,
	}
	c.AddCommand(centralizedServeCommand(), centralizedEnrollCommand(), centralizedLoginCommand())
	return c
}

func centralizedServeCommand() *cobra.Command {
	var s centralServer
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the central service and the platforms that rely on it",
		Long: `Run the central service and, on another port, the back ends of the 81 synthetic
platforms, each at /ID. Enrollment follows the same rules as 'issuer serve', by
the same code. Each row that the service writes to its log is printed as it is
written: who, at which platform, when.

Everything is in memory and forgotten when it stops.`,
		Example: `  halfmask centralized serve
  halfmask centralized serve --variant pairwise --operator-token-file token`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd) },
	}
	s.service.flags(c, "", "127.0.0.1:7003")
	s.platforms.flags(c, "platform", "127.0.0.1:7004")
	f := c.Flags()
	f.StringVar(&s.trustDir, "trust", defaultAuthority, "`DIR` with the authorities whose documents count")
	f.StringVar(&s.ruleSet, "rules", spec.National, "rule `SET`: "+strings.Join(spec.RuleSets(), ", ")+", or a YAML file")
	f.StringVar(&s.smsDir, "sms-dir", "", "write each simulated SMS into `DIR` as well")
	f.StringVar(&s.variant, "variant", string(centralized.Shared), "`VARIANT`: shared (one number for all platforms) or pairwise (one identifier for each)")
	f.StringVar(&s.tokenFile, "operator-token-file", "", "`FILE` with the operator's token, for POST /restrictions and GET /log (default: nobody has one)")
	return c
}

// centralServer is what centralized serve was told.
type centralServer struct {
	service, platforms                            place
	trustDir, ruleSet, smsDir, variant, tokenFile string
}

func (s *centralServer) run(cmd *cobra.Command) error {
	variant := centralized.Variant(s.variant)
	if variant != centralized.Shared && variant != centralized.Pairwise {
		return usagef("--variant: %q is neither %s nor %s", s.variant, centralized.Shared, centralized.Pairwise)
	}
	rules, err := spec.LoadRules(s.ruleSet)
	if err != nil {
		return err
	}
	trust, err := loadTrust(s.trustDir)
	if err != nil {
		return err
	}
	token := rand.Text()
	if s.tokenFile != "" {
		if token, err = readLine(s.tokenFile); err != nil {
			return fmt.Errorf("--operator-token-file: %w", err)
		}
	}
	serviceListener, err := s.service.open()
	if err != nil {
		return err
	}
	defer serviceListener.Close()
	platformListener, err := s.platforms.open()
	if err != nil {
		return err
	}
	defer platformListener.Close()

	out, errOut := cmd.OutOrStdout(), cmd.ErrOrStderr()
	central, err := centralized.New(centralized.Config{
		Variant: variant, OperatorToken: token,
		Desk:   &enrollment.Desk{Rules: rules, Trust: trust, Phones: &enrollment.PhoneCodes{Sender: &simulatedSMS{out, s.smsDir}}},
		Record: func(_ context.Context, row centralized.LogRow) { printLogRow(out, row) },
	})
	if err != nil {
		return err
	}
	platforms, err := platformsOf(central, s.service.url)
	if err != nil {
		return err
	}
	if err := errors.Join(s.service.announce(), s.platforms.announce()); err != nil {
		return err
	}
	fmt.Fprintf(out, "central service at %s, variant %s, rules %s, trusting %s%s\n", s.service.url, variant, rules.Name, s.trustDir, syntheticNote(isSynthetic(trust)))
	fmt.Fprintf(out, "platforms at %s/syn-01 to %s/syn-81\n", s.platforms.url, s.platforms.url)
	fmt.Fprintf(out, "simulated: phones, faces, register records and platforms; everything is forgotten when it stops (Ctrl-C)\n\n")
	fmt.Fprintf(out, "Next, in another terminal: halfmask centralized enroll --document DIR --phone +999000000001%s\n", serverFlag("service", s.service.url, defaultService))
	if err := serveBoth(cmd.Context(), errOut, serviceListener, central, platformListener, platforms); err != nil {
		return err
	}
	fmt.Fprintln(out, "stopped")
	return nil
}

func serveBoth(ctx context.Context, errOut io.Writer, a net.Listener, central http.Handler, b net.Listener, platforms http.Handler) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serve(ctx, errOut, a, central) })
	g.Go(func() error { return serve(ctx, errOut, b, platforms) })
	return g.Wait()
}

// platformsOf registers the 81 platforms with the service and gives their
// back ends, each below a path that is its id.
func platformsOf(central *centralized.Service, serviceURL string) (http.Handler, error) {
	all, err := spec.Platforms()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for i, p := range all {
		// The result itself says that a person is real.
		asks := slices.DeleteFunc(slices.Clone(p.Claims), func(c string) bool { return c == spec.RealPerson })
		a := centralized.Application{OrgID: orgID(i), AppID: fmt.Sprintf("%04d", 1+i), Name: p.ID, Attributes: asks}
		key, err := central.Register(a)
		if err != nil {
			return nil, err
		}
		mux.Handle("/"+p.ID+"/", http.StripPrefix("/"+p.ID, centralized.NewPlatform(centralized.PlatformConfig{
			Service: serviceURL, OrgID: a.OrgID, AppID: a.AppID, Key: key, Attributes: asks, HTTP: httpClient(),
		})))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(centralized.Failure{Check: "platform", Error: "no such platform: syn-01 to syn-81 are here"})
	})
	return mux, nil
}

// orgID numbers the organisations behind the platforms.
func orgID(platform int) string { return fmt.Sprintf("%08d", 10_000_000+platform) }

func printLogRow(w io.Writer, row centralized.LogRow) {
	who := row.InternetNumber
	if who == "" {
		who = "(nobody recognized)"
	}
	fmt.Fprintf(w, "the service's log: %s  %s  at platform %s/%s, type %s: %s\n", row.At.UTC().Format("2006-01-02T15:04:05Z"), who, plain(row.OrgID), plain(row.AppID), row.Type, row.ResultCode)
}
