// News: how many photos have come since the page was made, while somebody looks at it.

setInterval(async () => {
  const link = find('.news a', document);
  if (!link || document.hidden || dialog.open) return;
  // Who must sign in anew is not to be asked for it by the browser.
  const text = await fetch(link.dataset.at, { headers: { accept: 'text/html' } })
    .then((answer) => (answer.ok ? answer.text() : link.textContent))
    .catch(() => link.textContent);
  if (text === link.textContent) return;
  link.textContent = text;
  link.hidden = !text;
}, 10000);
