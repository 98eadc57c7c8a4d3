// Draws a figure of Plotly's, and draws it anew whenever Python changes it.

const CONFIG = { displayModeBar: false };

/** Return Plotly, which is loaded once for all figures of a page. */
function plotly(model) {
  globalThis.chainrulePlotly ??= load(model);
  return globalThis.chainrulePlotly;
}

async function load(model) {
  const library = await model.widget_manager.get_model(model.get("library"));
  const module = { exports: {} };
  new Function("module", library.get("value"))(module);
  return module.exports;
}

async function render({ model, el }) {
  const Plotly = await plotly(model);
  const draw = () => {
    const { data, layout } = JSON.parse(model.get("shown"));
    return Plotly.react(el, data, layout, CONFIG);
  };
  model.on("change:shown", draw);
  await draw();
  const observer = new ResizeObserver(() => el.offsetParent && Plotly.Plots.resize(el));
  observer.observe(el);
  return () => {
    observer.disconnect();
    model.off("change:shown", draw);
    Plotly.purge(el);
  };
}

export default { render };
