// Gives the sliders of a panel what a screen reader says of them: ipywidgets leaves their handles without a name, and
// with a value of sixteen digits.

function name(panel) {
  for (const slider of panel.querySelectorAll(".widget-slider")) {
    const handle = slider.querySelector(".noUi-handle");
    say(handle, "aria-label", slider.querySelector("label"));
    say(handle, "aria-valuetext", slider.querySelector(".widget-readout"));
  }
}

function say(handle, attribute, from) {
  if (handle && from && handle.getAttribute(attribute) !== from.textContent) {
    handle.setAttribute(attribute, from.textContent);
  }
}

const CHANGES = { subtree: true, childList: true, characterData: true, attributeFilter: ["aria-valuetext"] };

function render({ el }) {
  let panel, frame;
  const observer = new MutationObserver(() => name(panel));
  const begin = () => {
    panel = el.closest(".chainrule");
    if (!panel) {
      frame = requestAnimationFrame(begin); // it is not yet in its place
      return;
    }
    name(panel);
    observer.observe(panel, CHANGES);
  };
  begin();
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
  };
}

export default { render };
