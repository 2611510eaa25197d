// In JupyterLab's editor, for evaluation.yaml and portfolio.yaml: Tab in a line, and Ctrl+Space
// anywhere, show what may be written; lines that are wrong are marked when the file is saved.
//
// Written by hand as the container that JupyterLab loads (module federation): init is given the
// libraries that JupyterLab shares, get gives the plugin. What may be written is worked out by the
// server (pbc_eval/lab/completion).
"use strict";
(() => {
  const FILES = ["evaluation.yaml", "portfolio.yaml"];
  const ADDRESS = "pbc-eval/writing";
  let shared;

  const library = async (name) => {
    const versions = Object.values(shared[name]);
    return (await versions[versions.length - 1].get())();
  };

  const pathOf = (app, widget) =>
    widget && widget.context ? app.serviceManager.contents.localPath(widget.context.path) : "";
  const isOurs = (path) => FILES.includes(path.split("/").pop());

  const asker = (services, coreutils) => async (asked) => {
    const settings = services.ServerConnection.makeSettings();
    const address = coreutils.URLExt.join(settings.baseUrl, ADDRESS);
    const request = { method: "POST", body: JSON.stringify(asked) };
    const reply = await services.ServerConnection.makeRequest(address, request, settings);
    if (!reply.ok) throw new services.ServerConnection.ResponseError(reply);
    return reply.json();
  };

  const provider = (app, ask) => ({
    identifier: "pbc-eval:offers",
    rank: 900,
    renderer: null,
    isApplicable: async (context) => isOurs(pathOf(app, context.widget)),
    fetch: async (request, context) => {
      const path = pathOf(app, context.widget);
      const reply = await ask({ path, text: request.text, offset: request.offset });
      const items = reply.offers.map((offer) => ({
        label: offer.label,
        insertText: offer.text,
        type: offer.kind,
        documentation: offer.about || undefined,
      }));
      return { start: reply.start, end: reply.end, items };
    },
  });

  // JupyterLab offers every word of a file: beside the keys that may stand there they are noise.
  const leaveOutWords = (app, manager, completer) => {
    const words = manager.getProviders().get(completer.CONTEXT_PROVIDER_ID);
    const applies = words.isApplicable.bind(words);
    words.isApplicable = async (context) =>
      !isOurs(pathOf(app, context.widget)) && applies(context);
  };

  // Lines in the editor that the last saved file was wrong in, each with what to do about it.
  const marker = (state, view) => {
    const found = state.StateEffect.define();
    const style = { "background-color": "rgba(212, 53, 28, .12)", "box-shadow": "inset 3px 0 #d4351c" };
    const lineOf = (doc, problem) => doc.line(Math.min(Math.max(problem.line, 1), doc.lines));
    const marks = (doc, problems) => {
      const words = new Map();
      for (const problem of problems) {
        const from = lineOf(doc, problem).from;
        words.set(from, [...(words.get(from) || []), problem.words]);
      }
      const sorted = [...words].sort(([a], [b]) => a - b);
      return view.Decoration.set(sorted.map(([from, said]) =>
        view.Decoration.line({ class: "pbc-problem", attributes: { title: said.join("\n") } }).range(from)));
    };
    const field = state.StateField.define({
      create: () => view.Decoration.none,
      update: (value, change) => {
        const effect = change.effects.find((each) => each.is(found));
        return effect ? marks(change.state.doc, effect.value) : value.map(change.changes);
      },
      provide: (it) => view.EditorView.decorations.from(it),
    });
    return {
      extension: [field, view.EditorView.theme({ ".pbc-problem": style })],
      show: (editor, problems) => editor.editor.dispatch({ effects: found.of(problems) }),
    };
  };

  const watch = async (app, manager, widget, ask, marks) => {
    const path = () => pathOf(app, widget);
    await Promise.all([widget.context.ready, app.restored]);
    if (!isOurs(path())) return;
    const editor = widget.content.editor;
    editor.injectExtension(marks.extension);
    const look = async () => marks.show(editor, (await ask({ path: path() })).problems);
    const quietly = (work) => work.catch((reason) => console.warn("pbc-eval:", reason));
    widget.context.saveState.connect((_, saved) => saved === "completed" && quietly(look()));
    quietly(look());
    quietly(manager.updateCompleter({ editor, widget })); // else the first shows no descriptions
    const first = "data:\n  file: "; // what is beside it: the server loads what reads tables
    quietly(ask({ path: path(), text: first, offset: first.length }));
  };

  const extension = async () => {
    const [completer, fileeditor, services, coreutils, state, view] = await Promise.all(
      ["@jupyterlab/completer", "@jupyterlab/fileeditor", "@jupyterlab/services",
        "@jupyterlab/coreutils", "@codemirror/state", "@codemirror/view"].map(library));
    const ask = asker(services, coreutils);
    const marks = marker(state, view);
    const command = "pbc-eval:offers";
    const plugin = {
      id: "pbc-eval:extension",
      description: "What may be written in evaluation.yaml and portfolio.yaml, and what is wrong.",
      autoStart: true,
      requires: [completer.ICompletionProviderManager, fileeditor.IEditorTracker],
      activate: (app, manager, tracker) => {
        manager.registerProvider(provider(app, ask));
        app.restored.then(() => leaveOutWords(app, manager, completer));
        app.commands.addCommand(command, {
          label: "Show what may be written here",
          isEnabled: () => isOurs(pathOf(app, tracker.currentWidget)),
          execute: () => manager.invoke(tracker.currentWidget.id),
        });
        app.commands.addKeyBinding({ command, keys: ["Ctrl Space"], selector: ".jp-FileEditor" });
        tracker.forEach((widget) => watch(app, manager, widget, ask, marks));
        tracker.widgetAdded.connect((_, widget) => watch(app, manager, widget, ask, marks));
      },
    };
    return () => ({ __esModule: true, default: plugin });
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["pbc-eval"] = {
    init: (scope) => { shared = scope; },
    get: (name) => name === "./extension"
      ? extension()
      : Promise.reject(new Error(`pbc-eval has no ${name}`)),
  };
})();
