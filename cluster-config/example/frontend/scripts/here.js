// Marks the page that is shown.
for (const link of document.querySelectorAll("nav a")) {
    if (link.href === location.href) link.classList.add("here");
}
