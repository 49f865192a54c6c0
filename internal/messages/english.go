package messages

// English is the catalogue of English, with dates as most of the world writes them.
var English = Catalogue{
	Lang: "en", Regions: []string{"en-GB"},
	Thousands: ",", Decimal: ".", Byte: "B",
	Months: englishMonths, MonthsOfDay: englishMonths,
	DayOf:   "%d %s %d",
	MonthOf: "%s %d", MonthsOf: "%s – %s %d", YearsOf: "%d\u00a0–\u2060\u00a0%d", Clock: ", 15:04",

	Breadcrumb: "Breadcrumb", Albums: "Albums", Photos: "Photos",
	SortBy: "Sort by", ByName: "Name", ByDate: "Date",
	CountAlbums: Plural{One: "%s album", Many: "%s albums"},
	CountPhotos: Plural{One: "%s photo", Many: "%s photos"},
	PageOf:      "Page %d of %d", Pages: "Pages",
	PreviousPage: "Previous page", NextPage: "Next page",
	SkipPhotos: "Skip the photos",
	EmptyAlbum: "There are no photos here yet.", NoPreview: "%s: no preview",
	CountOthers: Plural{One: "%s other file", Many: "%s other files"},
	OtherFiles:  "Other files", OnlyOthers: "What is here cannot be shown in a browser.",
	CountMore:     Plural{One: "and %s more", Many: "and %s more"},
	DownloadAlbum: "Download album",
	Progress:      "Preparing photos",

	Search: "Search", Timeline: "Timeline", Recent: "Recently added", NothingFound: "Nothing was found.",

	Photo: "Photo", Previous: "Previous", Next: "Next", Position: "%s of %s",
	PreviousPhoto: "Previous photo", NextPhoto: "Next photo",
	Download: "Download", CannotShow: "This photo cannot be shown here, but it can be downloaded.",
	Camera: "Camera", Lens: "Lens", FocalLength: "Focal length",
	Aperture: "Aperture", Shutter: "Shutter", ISO: "Sensitivity",
	Date: "Date", Dimensions: "Dimensions", Size: "Size", FileName: "File name",
	Place: "Place", ShowOnMap: "Show on map", On35mm: "%s mm on 35 mm film",

	Close: "Close", Information: "Information", Help: "Help", Share: "Share", LinkCopied: "Link copied",
	Fullscreen: "Full screen",
	LoadFailed: "This photo could not be loaded.", CannotShowHere: "This photo cannot be shown here.", Retrying: "The connection is poor. Trying again …",
	Interval: "Seconds for each photo", Shuffle: "Shuffle",
	First: "First photo", Last: "Last photo", Zoom: "Zoom", Slideshow: "Slideshow", Keyboard: "Keyboard", HomeEnd: "Home End",

	SignIn:   "Sign in",
	UserName: "Name", Password: "Password", StaySignedIn: "Stay signed in on this device",
	SignOut: "Sign out", WrongSignIn: "Wrong name or password.", WrongPassword: "Wrong password.",
	LinkOver: "This link has ended", LinkOverHelp: "It opens nothing any more. Whoever sent it to you can send another.", PasswordNeeded: "A password, please",
	ShareAlbum: "Share album", ForWhom: "For whom", DaysOpen: "Open for so many days", NoDownload: "Previews only, no originals", MakeLink: "Make a link",

	AllowPicks:    "Let them pick photos",
	Pick:          "Pick",
	Picked:        "Picked: %s",
	ShowPicks:     "Show",
	ListPicks:     "Copy list",
	SendPicks:     "Send",
	NoteOf:        "Note",
	YourName:      "Your name",
	Copy:          "Copy",
	Copied:        "Copied",
	OneALine:      "One a line",
	PicksSent:     "Your choice was sent.",
	TooManyPicks:  "No more than %s photos can be picked.",
	NothingPicked: "Nothing is picked.",
	NotKept:       "It could not be kept here. Please tell whoever runs this gallery.",
	SentTooOften:  "That was sent very often. Please wait a while and try again.",
	ChoicesSent:   "Choices that were sent",
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
	CountAdded:    Plural{One: "%s photo added", Many: "%s photos added"},
	CountNew:      Plural{One: "%s new photo", Many: "%s new photos"},
	NotAdded:      "Not added",
	SignInAgain:   "Please sign in again.",
	NotAPhoto:     "This is not a JPEG, PNG, GIF or WebP picture.",
	HEIC:          "This is a HEIC photo, which most browsers cannot show. On the iPhone, choose Settings, Camera, Formats, Most Compatible; or share it as a JPEG.",
	AlreadyThere:  "Already there",
	TooLarge:      "It is larger than %s.",
	Damaged:       "It is damaged or not complete.",
	TooManyPixels: "It has too many pixels.",
	TooManyFiles:  "These are too many at once.",
	NoFiles:       "No photo was chosen.",
	LongName:      "Its name is too long.",
	BadAlbumName:  "No album can have this name.",
	DiskFull:      "The disk is full.",
	NotStored:     "It could not be stored. This has been noted.",
	BrokeOff:      "It did not arrive completely.",

	NotFound:     "Not found",
	NotFoundHelp: "There is no photo or album at this address. It may have been moved or renamed.",
	Failed:       "Something went wrong",
	FailedHelp:   "Something went wrong here. It has been noted; please try again later.",
	NoPassword:   "Password needed", NoPasswordHelp: "A name and a password are needed here.",
	Away: "The photos are away", AwayHelp: "The disk that they are on cannot be reached just now. Please try again in a few minutes.",
	TooMany: "Too many attempts", TooManyHelp: "There were too many wrong passwords. Please wait a little and try again.",
	Unanswered: "This request cannot be answered.",
	AllAlbums:  "All albums", UpTo: "Go to %s",
}

// American is English with dates as North America and the Philippines write them.
var American = func() Catalogue {
	w := English
	w.Lang, w.Regions = "en-US", []string{"en-CA", "en-PH"}
	w.DayOf, w.Clock = "%[2]s %[1]d, %[3]d", ", 3:04 PM"
	return w
}()

var englishMonths = [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September",
	"October", "November", "December"}
