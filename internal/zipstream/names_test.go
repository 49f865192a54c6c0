package zipstream

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gallery/internal/testkit"
)

// Names that become one cost about as much as those that do not, also where the numbers
// behind them are taken.
func TestSafeNames_cost(t *testing.T) {
	const files = 4000
	const reserved = `<>:"|?*`
	var plain, same, numbered []string
	for n := range files {
		plain = append(plain, fmt.Sprintf("%05d.jpg", n))
		name := make([]byte, 5)
		for i, n := 0, n; i < len(name); i, n = i+1, n/len(reserved) {
			name[i] = reserved[n%len(reserved)]
		}
		same = append(same, string(name)+".jpg")
		if n%2 == 0 {
			numbered = append(numbered, fmt.Sprintf("_____ (%d).jpg", n/2))
		}
	}
	numbered = append(numbered, same[:files/2]...)
	limit := 20 * testkit.Took(0, func() { SafeNames(plain) })
	for what, names := range map[string][]string{"that become one": same, "whose numbers are taken": numbered, "of one case": mapped(plain, same)} {
		if took := testkit.Took(limit, func() { SafeNames(names) }); took > limit {
			t.Errorf("%d names %s take %v, and others at most %v", files, what, took, limit/20)
		}
	}
	if got, want := SafeNames([]string{"a?.jpg", "a*.jpg", "a_ (2).jpg", "A:.jpg"}), []string{"a_.jpg", "a_ (2).jpg", "a_ (2) (2).jpg", "A_ (3).jpg"}; !slices.Equal(got, want) {
		t.Errorf("SafeNames = %q, want %q", got, want)
	}
}

// mapped are names with every second one of others among them, in capitals.
func mapped(names, others []string) []string {
	mixed := slices.Clone(names)
	for i := 0; i < len(mixed); i += 2 {
		mixed[i] = strings.ToUpper(others[i])
	}
	return mixed
}
