// Draws a figure of Plotly's, and draws it anew whenever Python changes it.

const CONFIG = { displayModeBar: false };

/** Return Plotly, which is loaded once for all figures of a page. */
function plotly(model) {
  globalThis.chainrulePlotly ??= load(model).catch((error) => {
    globalThis.chainrulePlotly = undefined; // the next figure tries again
    throw error;
  });
  return globalThis.chainrulePlotly;
}

async function load(model) {
  const library = await model.widget_manager.get_model(model.get("library"));
  const module = { exports: {} };
  new Function("module", library.get("value"))(module);
  return module.exports;
}

/** Return what a figure shows, for those who hear it: what it is, and the names in its legend. */
function description(label, data) {
  const names = data.filter((trace) => trace.name && trace.showlegend !== false).map((trace) => trace.name);
  return names.length ? `${label}: ${names.join(", ")}` : label;
}

async function render({ model, el }) {
  const Plotly = await plotly(model);
  let frame; // in which it will be drawn: what changes until then is drawn together
  const draw = () => {
    frame = undefined;
    const { data, layout } = JSON.parse(model.get("shown"));
    el.setAttribute("aria-label", description(model.get("label"), data));
    return Plotly.react(el, data, layout, CONFIG);
  };
  const drawSoon = () => (frame ??= requestAnimationFrame(draw));
  el.setAttribute("role", "img");
  model.on("change:shown", drawSoon);
  await draw();
  const observer = new ResizeObserver(() => el.offsetParent && Plotly.Plots.resize(el));
  observer.observe(el);
  return () => {
    observer.disconnect();
    model.off("change:shown", drawSoon);
    cancelAnimationFrame(frame);
    Plotly.purge(el);
  };
}

export default { render };
