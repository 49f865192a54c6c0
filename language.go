package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/text/language"
)

// words is every text that the pages and the script show, in one language.
// Texts with a verb, such as %s, are for fmt; the script fills in {n} and the
// like itself.
type words struct {
	Lang string // BCP 47, for <html lang>

	// Numbers and dates.
	Thousands, Decimal string
	Months             [12]string
	DayOf              string // day (1), month's name (2) and year (3)
	MonthOf            string // month's name (1) and year (2)

	// Albums.
	Breadcrumb, Albums, Photos string // what landmarks are called
	SortBy, ByName, ByDate     string
	OneAlbum, ManyAlbums       string
	OnePhoto, ManyPhotos       string
	PageOf, Pages              string
	PreviousPage, NextPage     string
	EmptyAlbum, NoPreview      string
	Of                         string // between two numbers: 3 of 200
	DownloadAlbum              string
	Progress                   string

	// A photo.
	Photo, Previous, Next, Position   string
	PreviousPhoto, NextPhoto          string
	Download, CannotShow              string
	Camera, Lens, FocalLength         string
	Aperture, Shutter, ISO            string
	Date, Dimensions, Size, FileName  string
	Place, ShowOnMap, On35mm, Details string

	// The lightbox.
	Close, Information, Help, Share, CopyLink, LinkCopied string
	ZoomIn, ZoomOut, ZoomReset                            string
	Fullscreen, LeaveFullscreen                           string
	StartSlideshow, PauseSlideshow, Interval, Seconds     string
	Loading, LoadFailed, CannotShowHere, Retrying         string
	First, Last, Zoom, Slideshow, Keyboard                string
	PlayPause, SwipeHint, More                            string

	// Adding photos.
	SignIn, AddPhotos, ChoosePhotos, TakePhoto  string
	DropPhotos, NewAlbum, PhotosOfUpTo, Upload  string
	Remove, Waiting, Checking, Added, ShowAlbum string
	OneAdded, ManyAdded, NotAdded, SignInAgain  string
	NotAPhoto, OtherFormat, TooLarge, Damaged   string
	TooManyPixels, TooManyFiles, NoFiles        string
	BadAlbumName, DiskFull, NotStored, BrokeOff string

	// Errors.
	NotFound, NotFoundHelp, Failed, FailedHelp       string
	NoPassword, NoPasswordHelp, TooMany, TooManyHelp string
	Unanswered, AllAlbums, UpTo                      string
}

var english = words{
	Lang:      "en",
	Thousands: ",", Decimal: ".",
	Months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September",
		"October", "November", "December"},
	DayOf:   "%d %s %d",
	MonthOf: "%s %d",

	Breadcrumb: "Breadcrumb", Albums: "Albums", Photos: "Photos",
	SortBy: "Sort by", ByName: "Name", ByDate: "Date",
	OneAlbum: "1 album", ManyAlbums: "%s albums",
	OnePhoto: "1 photo", ManyPhotos: "%s photos",
	PageOf: "Page %d of %d", Pages: "Pages",
	PreviousPage: "Previous page", NextPage: "Next page",
	EmptyAlbum: "There are no photos here yet.", NoPreview: "%s: no preview",
	Of:            "of",
	DownloadAlbum: "Download album",
	Progress:      "Preparing photos",

	Photo: "Photo", Previous: "Previous", Next: "Next", Position: "%s of %s",
	PreviousPhoto: "Previous photo", NextPhoto: "Next photo",
	Download: "Download", CannotShow: "This photo cannot be shown here, but it can be downloaded.",
	Camera: "Camera", Lens: "Lens", FocalLength: "Focal length",
	Aperture: "Aperture", Shutter: "Shutter", ISO: "Sensitivity",
	Date: "Date", Dimensions: "Dimensions", Size: "Size", FileName: "File name",
	Place: "Place", ShowOnMap: "Show on map", On35mm: "%s mm on 35 mm film", Details: "Details",

	Close: "Close", Information: "Information", Help: "Help", Share: "Share", CopyLink: "Copy link", LinkCopied: "Link copied",
	ZoomIn: "Zoom in", ZoomOut: "Zoom out", ZoomReset: "Fit to screen",
	Fullscreen: "Full screen", LeaveFullscreen: "Leave full screen",
	StartSlideshow: "Start slideshow", PauseSlideshow: "Pause slideshow", Interval: "Interval", Seconds: "{n} seconds",
	Loading: "Loading", LoadFailed: "This photo could not be loaded.", CannotShowHere: "This photo cannot be shown here.", Retrying: "The connection is poor. Trying again …",
	First: "First photo", Last: "Last photo", Zoom: "Zoom", Slideshow: "Slideshow", Keyboard: "Keyboard",
	PlayPause: "Play or pause", SwipeHint: "Swipe for the next photo", More: "More",

	SignIn:        "Sign in",
	AddPhotos:     "Add photos",
	ChoosePhotos:  "Choose photos",
	TakePhoto:     "Take a photo",
	DropPhotos:    "or drop them here",
	NewAlbum:      "Into a new album (optional)",
	PhotosOfUpTo:  "JPEG, PNG, GIF or WebP, up to %s each. What is added can be removed only on the server itself.",
	Upload:        "Upload",
	Remove:        "Remove from the list",
	Waiting:       "Waiting",
	Checking:      "Checking",
	Added:         "Added",
	ShowAlbum:     "Show the album",
	OneAdded:      "1 photo added",
	ManyAdded:     "%s photos added",
	NotAdded:      "Not added",
	SignInAgain:   "Please sign in again.",
	NotAPhoto:     "This is not a JPEG, PNG, GIF or WebP picture.",
	OtherFormat:   "By its name it is another kind of picture than by its content: %s.",
	TooLarge:      "It is larger than %s.",
	Damaged:       "It is damaged or not complete.",
	TooManyPixels: "It has too many pixels.",
	TooManyFiles:  "These are too many at once.",
	NoFiles:       "No photo was chosen.",
	BadAlbumName:  "No album can have this name.",
	DiskFull:      "The disk is full.",
	NotStored:     "It could not be stored. This has been noted.",
	BrokeOff:      "It did not arrive completely.",

	NotFound:     "Not found",
	NotFoundHelp: "There is no photo or album at this address. It may have been moved or renamed.",
	Failed:       "Something went wrong",
	FailedHelp:   "Something went wrong here. It has been noted; please try again later.",
	NoPassword:   "Password needed", NoPasswordHelp: "A name and a password are needed here.",
	TooMany: "Too many attempts", TooManyHelp: "There were too many wrong passwords. Please wait a little and try again.",
	Unanswered: "This request cannot be answered.",
	AllAlbums:  "All albums", UpTo: "Go to %s",
}

var german = words{
	Lang:      "de",
	Thousands: ".", Decimal: ",",
	Months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
		"Oktober", "November", "Dezember"},
	DayOf:   "%d. %s %d",
	MonthOf: "%s %d",

	Breadcrumb: "Pfad", Albums: "Alben", Photos: "Fotos",
	SortBy: "Sortieren nach", ByName: "Name", ByDate: "Datum",
	OneAlbum: "1 Album", ManyAlbums: "%s Alben",
	OnePhoto: "1 Foto", ManyPhotos: "%s Fotos",
	PageOf: "Seite %d von %d", Pages: "Seiten",
	PreviousPage: "Vorige Seite", NextPage: "Nächste Seite",
	EmptyAlbum: "Hier sind noch keine Fotos.", NoPreview: "%s: keine Vorschau",
	Of:            "von",
	DownloadAlbum: "Album herunterladen",
	Progress:      "Fotos werden vorbereitet",

	Photo: "Foto", Previous: "Zurück", Next: "Weiter", Position: "%s von %s",
	PreviousPhoto: "Voriges Foto", NextPhoto: "Nächstes Foto",
	Download: "Herunterladen", CannotShow: "Dieses Foto kann hier nicht gezeigt, aber heruntergeladen werden.",
	Camera: "Kamera", Lens: "Objektiv", FocalLength: "Brennweite",
	Aperture: "Blende", Shutter: "Belichtungszeit", ISO: "Empfindlichkeit",
	Date: "Datum", Dimensions: "Abmessungen", Size: "Größe", FileName: "Dateiname",
	Place: "Ort", ShowOnMap: "Auf der Karte zeigen", On35mm: "%s mm bei Kleinbild", Details: "Einzelheiten",

	Close: "Schließen", Information: "Informationen", Help: "Hilfe", Share: "Teilen", CopyLink: "Link kopieren", LinkCopied: "Link kopiert",
	ZoomIn: "Vergrößern", ZoomOut: "Verkleinern", ZoomReset: "Einpassen",
	Fullscreen: "Vollbild", LeaveFullscreen: "Vollbild beenden",
	StartSlideshow: "Diaschau starten", PauseSlideshow: "Diaschau anhalten", Interval: "Abstand", Seconds: "{n} Sekunden",
	Loading: "Wird geladen", LoadFailed: "Dieses Foto konnte nicht geladen werden.", CannotShowHere: "Dieses Foto kann hier nicht gezeigt werden.", Retrying: "Die Verbindung ist gestört. Neuer Versuch …",
	First: "Erstes Foto", Last: "Letztes Foto", Zoom: "Zoom", Slideshow: "Diaschau", Keyboard: "Tastatur",
	PlayPause: "Abspielen oder anhalten", SwipeHint: "Wischen für das nächste Foto", More: "Mehr",

	SignIn:        "Anmelden",
	AddPhotos:     "Fotos hinzufügen",
	ChoosePhotos:  "Fotos auswählen",
	TakePhoto:     "Foto aufnehmen",
	DropPhotos:    "oder hierher ziehen",
	NewAlbum:      "In ein neues Album (wenn gewünscht)",
	PhotosOfUpTo:  "JPEG, PNG, GIF oder WebP, je bis zu %s. Entfernen lässt sich Hinzugefügtes nur auf dem Server selbst.",
	Upload:        "Hochladen",
	Remove:        "Aus der Liste nehmen",
	Waiting:       "Wartet",
	Checking:      "Wird geprüft",
	Added:         "Hinzugefügt",
	ShowAlbum:     "Album zeigen",
	OneAdded:      "1 Foto hinzugefügt",
	ManyAdded:     "%s Fotos hinzugefügt",
	NotAdded:      "Nicht hinzugefügt",
	SignInAgain:   "Bitte melden Sie sich noch einmal an.",
	NotAPhoto:     "Das ist kein JPEG-, PNG-, GIF- oder WebP-Bild.",
	OtherFormat:   "Dem Namen nach ist es ein anderes Bildformat als dem Inhalt nach: %s.",
	TooLarge:      "Es ist größer als %s.",
	Damaged:       "Es ist beschädigt oder unvollständig.",
	TooManyPixels: "Es hat zu viele Pixel.",
	TooManyFiles:  "Das sind zu viele auf einmal.",
	NoFiles:       "Es wurde kein Foto ausgewählt.",
	BadAlbumName:  "So kann kein Album heißen.",
	DiskFull:      "Der Speicherplatz ist voll.",
	NotStored:     "Es konnte nicht gespeichert werden. Das ist vermerkt.",
	BrokeOff:      "Es kam nicht vollständig an.",

	NotFound:     "Nicht gefunden",
	NotFoundHelp: "Unter dieser Adresse gibt es kein Foto und kein Album. Vielleicht wurde es verschoben oder umbenannt.",
	Failed:       "Etwas ging schief",
	FailedHelp:   "Hier ist etwas schiefgegangen. Es ist vermerkt; bitte versuchen Sie es später noch einmal.",
	NoPassword:   "Passwort nötig", NoPasswordHelp: "Hier sind ein Name und ein Passwort nötig.",
	TooMany: "Zu viele Versuche", TooManyHelp: "Es gab zu viele falsche Passwörter. Bitte warten Sie etwas und versuchen Sie es dann noch einmal.",
	Unanswered: "Diese Anfrage kann nicht beantwortet werden.",
	AllAlbums:  "Alle Alben", UpTo: "Zu %s",
}

var spanish = words{
	Lang:      "es",
	Thousands: ".", Decimal: ",",
	Months: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
		"octubre", "noviembre", "diciembre"},
	DayOf:   "%d de %s de %d",
	MonthOf: "%s de %d",

	Breadcrumb: "Ruta", Albums: "Álbumes", Photos: "Fotos",
	SortBy: "Ordenar por", ByName: "Nombre", ByDate: "Fecha",
	OneAlbum: "1 álbum", ManyAlbums: "%s álbumes",
	OnePhoto: "1 foto", ManyPhotos: "%s fotos",
	PageOf: "Página %d de %d", Pages: "Páginas",
	PreviousPage: "Página anterior", NextPage: "Página siguiente",
	EmptyAlbum: "Aquí todavía no hay fotos.", NoPreview: "%s: sin vista previa",
	Of:            "de",
	DownloadAlbum: "Descargar álbum",
	Progress:      "Preparando las fotos",

	Photo: "Foto", Previous: "Anterior", Next: "Siguiente", Position: "%s de %s",
	PreviousPhoto: "Foto anterior", NextPhoto: "Foto siguiente",
	Download: "Descargar", CannotShow: "Esta foto no se puede mostrar aquí, pero se puede descargar.",
	Camera: "Cámara", Lens: "Objetivo", FocalLength: "Distancia focal",
	Aperture: "Apertura", Shutter: "Exposición", ISO: "Sensibilidad",
	Date: "Fecha", Dimensions: "Dimensiones", Size: "Tamaño", FileName: "Nombre de archivo",
	Place: "Lugar", ShowOnMap: "Ver en el mapa", On35mm: "%s mm en película de 35 mm", Details: "Detalles",

	Close: "Cerrar", Information: "Información", Help: "Ayuda", Share: "Compartir", CopyLink: "Copiar enlace", LinkCopied: "Enlace copiado",
	ZoomIn: "Acercar", ZoomOut: "Alejar", ZoomReset: "Ajustar a la pantalla",
	Fullscreen: "Pantalla completa", LeaveFullscreen: "Salir de pantalla completa",
	StartSlideshow: "Iniciar presentación", PauseSlideshow: "Pausar presentación", Interval: "Intervalo", Seconds: "{n} segundos",
	Loading: "Cargando", LoadFailed: "No se ha podido cargar esta foto.", CannotShowHere: "Esta foto no se puede mostrar aquí.", Retrying: "La conexión falla. Reintentando …",
	First: "Primera foto", Last: "Última foto", Zoom: "Zoom", Slideshow: "Presentación", Keyboard: "Teclado",
	PlayPause: "Reproducir o pausar", SwipeHint: "Desliza para ver la foto siguiente", More: "Más",

	SignIn:        "Iniciar sesión",
	AddPhotos:     "Añadir fotos",
	ChoosePhotos:  "Elegir fotos",
	TakePhoto:     "Hacer una foto",
	DropPhotos:    "o arrástralas aquí",
	NewAlbum:      "En un álbum nuevo (opcional)",
	PhotosOfUpTo:  "JPEG, PNG, GIF o WebP, de hasta %s cada una. Lo añadido solo se puede quitar en el propio servidor.",
	Upload:        "Subir",
	Remove:        "Quitar de la lista",
	Waiting:       "En espera",
	Checking:      "Comprobando",
	Added:         "Añadida",
	ShowAlbum:     "Ver el álbum",
	OneAdded:      "1 foto añadida",
	ManyAdded:     "%s fotos añadidas",
	NotAdded:      "No añadidas",
	SignInAgain:   "Vuelve a iniciar sesión.",
	NotAPhoto:     "No es una imagen JPEG, PNG, GIF ni WebP.",
	OtherFormat:   "Por su nombre es otro tipo de imagen que por su contenido: %s.",
	TooLarge:      "Ocupa más de %s.",
	Damaged:       "Está dañada o incompleta.",
	TooManyPixels: "Tiene demasiados píxeles.",
	TooManyFiles:  "Son demasiadas a la vez.",
	NoFiles:       "No se ha elegido ninguna foto.",
	BadAlbumName:  "Ningún álbum puede llamarse así.",
	DiskFull:      "El disco está lleno.",
	NotStored:     "No se ha podido guardar. Ha quedado anotado.",
	BrokeOff:      "No ha llegado completa.",

	NotFound:     "No encontrado",
	NotFoundHelp: "No hay ninguna foto ni álbum en esta dirección. Puede que se haya movido o cambiado de nombre.",
	Failed:       "Algo ha fallado",
	FailedHelp:   "Algo ha fallado aquí. Ha quedado anotado; inténtalo de nuevo más tarde.",
	NoPassword:   "Se necesita contraseña", NoPasswordHelp: "Aquí se necesitan un nombre y una contraseña.",
	TooMany: "Demasiados intentos", TooManyHelp: "Ha habido demasiadas contraseñas erróneas. Espera un poco e inténtalo de nuevo.",
	Unanswered: "No se puede responder a esta petición.",
	AllAlbums:  "Todos los álbumes", UpTo: "Ir a %s",
}

// languages are those that pages speak; the first is for everybody else.
var languages = []*words{&english, &german, &spanish}

var languageMatcher = func() language.Matcher {
	var tags []language.Tag
	for _, w := range languages {
		tags = append(tags, language.Make(w.Lang))
	}
	return language.NewMatcher(tags)
}()

// wordsFor chooses the language by Accept-Language (RFC 9110, section 12.5.4).
func wordsFor(accepted string) *words {
	if accepted == "" {
		return languages[0]
	}
	_, i := language.MatchStrings(languageMatcher, accepted)
	return languages[i]
}

// number writes a number with its thousands apart.
func (w *words) number(n int) string {
	return strings.ReplaceAll(humanize.Comma(int64(n)), ",", w.Thousands)
}

// count is a number of things: one or, with %s for the number, many.
func (w *words) count(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, w.number(n))
}

// decimal replaces the point in a number.
func (w *words) decimal(number string) string { return strings.ReplaceAll(number, ".", w.Decimal) }

// bytes is a file's size for people.
func (w *words) bytes(n int64) string { return w.decimal(humanize.Bytes(uint64(n))) }

// month writes a date as month and year.
func (w *words) month(t time.Time) string {
	return fmt.Sprintf(w.MonthOf, w.Months[t.Month()-1], t.Year())
}

// period writes the months or years from one date to another.
func (w *words) period(from, to time.Time) string {
	switch {
	case from.Year() != to.Year():
		return fmt.Sprintf("%d – %d", from.Year(), to.Year())
	case from.Month() != to.Month():
		return w.Months[from.Month()-1] + " – " + w.month(to)
	}
	return w.month(to)
}

// dateTime writes a date with the time of day.
func (w *words) dateTime(t time.Time) string {
	return fmt.Sprintf(w.DayOf, t.Day(), w.Months[t.Month()-1], t.Year()) + ", " + t.Format("15:04")
}

// At says which of how many.
func (w *words) At(n, of int) string {
	return fmt.Sprintf(w.Position, strconv.Itoa(n), strconv.Itoa(of))
}
