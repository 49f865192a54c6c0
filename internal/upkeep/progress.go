package upkeep

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a run has come: as a bar on a terminal, else in a line
// now and then. Its methods are safe for use by many goroutines.
type progress interface {
	add() // one more photo is done
	end() // nothing is shown any more
}

// newProgress begins to show a run of so many photos on w.
func newProgress(w io.Writer, total int) progress {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return progressBar{progressbar.NewOptions(total,
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetDescription("gallery:"),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("photos"),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionFullWidth(),
			progressbar.OptionClearOnFinish(),
		)}
	}
	now := time.Now()
	return &progressLines{w: w, total: total, last: now}
}

type progressBar struct{ bar *progressbar.ProgressBar }

func (p progressBar) add() { _ = p.bar.Add(1) } // an error is the terminal's going
func (p progressBar) end() { _ = p.bar.Clear() }

// lineEvery is the time between two lines.
const lineEvery = 10 * time.Second

// progressLines writes a line every lineEvery. Its speed is that since the line
// before, so that photos that were warm already do not count as speed.
type progressLines struct {
	w     io.Writer
	total int

	mu         sync.Mutex
	done       int
	last       time.Time // when the last line was written
	doneBefore int       // how many were done then
}

func (p *progressLines) add() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	took := time.Since(p.last)
	if took < lineEvery {
		return
	}
	speed := float64(p.done-p.doneBefore) / took.Seconds()
	left := time.Duration(float64(p.total-p.done) / speed * float64(time.Second))
	fmt.Fprintf(p.w, "gallery: %d of %d photos, %.1f photos/s, %v left\n", p.done, p.total, speed, left.Round(time.Second))
	p.last, p.doneBefore = time.Now(), p.done
}

func (p *progressLines) end() {}
